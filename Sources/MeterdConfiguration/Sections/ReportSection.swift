import Metering
import ReportDefinitions

/// One entry of the `reports:` section. Its format decides which keys it has.
enum ReportSection {
    static let name = Key<String>(
        "name",
        .matching(.name),
        .required,
        "the report's unique name in the API and in file names"
    )
    static let format = Key<Kind>(
        "format",
        .choice("a format"),
        .required,
        "csv for telemetry as Finout reads it, focus for a FOCUS dataset"
    )
    static let destination = Key<String>("destination", .matching(.name), .required, "the name of a destination")
    static let prefix = Key<String>(
        "prefix",
        .keyPrefix,
        .optional,
        "the folder below the destination, made to end in /; without it, the report's name"
    )
    static let every = Key<Int>(
        "every",
        .duration(60...31 * 86_400, "1m to 31d"),
        .optional,
        "how often it runs, aligned to 1970-01-01T00:00Z, so that 1h is on the hour; or cron"
    )
    static let cron = Key<CronExpression>(
        "cron",
        .cron,
        .optional,
        "when it runs, in the report's time zone: five fields as in crontab(5); or every"
    )
    static let grace = Key<Int>(
        "grace",
        .duration(0...31 * 86_400, "0s to 31d"),
        .standard("1h"),
        "how long after midnight a day stays open for late events"
    )
    static let timeZone = Key<Zone>(
        "timeZone",
        .zone,
        .standard("UTC"),
        "the time zone whose days it counts; focus: only UTC"
    )

    static let meter = Key<String>("meter", .matching(.slug), .required, "the meter it reports")
    static let dimensions = Key<[Placed<String>]>(
        "dimensions",
        .list(of: .matching(.dimension)),
        .section,
        "metadata columns in order: subject, or dimensions of the meter; at most 10"
    )
    static let dateColumn = Key<String>("dateColumn", .matching(.header), .standard("date"), "the date column's header")
    static let dateFormat = Key<TelemetryFormat.DateFormat>(
        "dateFormat",
        .choice("a date format"),
        .standard("yyyy-MM-dd"),
        "how a day is written"
    )
    static let metricColumn = Key<String>(
        "metricColumn",
        .matching(.header),
        .optional,
        "the metric column's header, which is the telemetry's name in Finout; without it, the report's name"
    )
    static let files = Key<TelemetryFormat.Files>(
        "files",
        .choice("a kind of files"),
        .standard("daily"),
        "daily: a file a day; single: one file that grows"
    )

    static let version = Key<FocusFormat.Version>(
        "version",
        .choice("a version of FOCUS written here"),
        .standard("1.2"),
        "the version of FOCUS"
    )
    static let meters = Key<[Placed<String>]>(
        "meters",
        .list(of: .matching(.slug)),
        .required,
        "the meters it reports, each with a price"
    )

    /// The formats by the names the file gives them.
    enum Kind: String, CaseIterable { case csv, focus }

    private static let shared: [any DescribedKey] = [
        name, format, destination, prefix, every, cron, grace, timeZone,
    ]
    private static let telemetry: [any DescribedKey] = [meter, dimensions, dateColumn, dateFormat, metricColumn, files]
    private static let focus: [any DescribedKey] = [version, meters]

    /// The keys a format has.
    static func keys(of kind: Kind) -> [any DescribedKey] {
        shared + (kind == .csv ? telemetry : focus)
    }

    /// The keys a format does not have but another one has.
    static func foreignKeys(of kind: Kind) -> [any DescribedKey] { kind == .csv ? focus : telemetry }

    static let rule = Rule<ReportDraft>.object(
        "a report",
        keys: shared + telemetry + focus,
        schema: schema,
        build: ReportDraft.init
    )

    private static let schema = JSONValue.members(["oneOf": .array(Kind.allCases.map(schema(of:)))])

    private static func schema(of kind: Kind) -> JSONValue {
        let fixed = JSONValue.members(["description": .text(format.about), "const": .text(kind.rawValue)])
        let when: [JSONValue] = [every.name, cron.name].map { .members(["required": .texts([$0])]) }
        return JSONValue.schema(of: keys(of: kind), about: kind == .csv ? "telemetry CSV" : "a FOCUS dataset")
            .replacing(format.name, with: fixed)
            .adding([JSONValue.Member(name: "oneOf", value: .array(when))])
    }
}

extension JSONValue {
    /// A schema of a mapping with another schema for one of its properties.
    fileprivate func replacing(_ property: String, with schema: JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(
            members.map { member in
                guard member.name == "properties", case .object(let properties) = member.value else { return member }
                let changed = properties.map { $0.name == property ? Member(name: property, value: schema) : $0 }
                return Member(name: member.name, value: .object(changed))
            }
        )
    }
}

/// A report as far as it could be read.
struct ReportDraft: Sendable {
    var position: Position
    var kind: ReportSection.Kind
    var name: Placed<String>?
    var destination: Placed<String>?
    /// The report's name where no prefix is written; nil where it is wrong.
    var prefix: Placed<String>?
    var zone: Zone?
    var grace: Int?
    var schedule: Schedule?
    /// For csv: just one.
    var meters: [Placed<String>]
    var telemetry: Telemetry?
    var version: FocusFormat.Version?

    /// What only telemetry has.
    struct Telemetry: Sendable {
        var dimensions: [Placed<String>]
        var dateColumn: Placed<String>?
        var metricColumn: Placed<String>?
        var dateFormat: TelemetryFormat.DateFormat?
        var files: TelemetryFormat.Files?
    }

    init(_ fields: Fields) {
        typealias Keys = ReportSection
        let written = fields(Keys.format)
        // A report without a format is taken for what its other keys say, so that they are checked too.
        let kind = written ?? (fields.has(Keys.meters) || fields.has(Keys.version) ? .focus : .csv)
        self.kind = kind
        position = fields.position
        if let written {
            let names = Keys.keys(of: written).map(\.name).joined(separator: ", ")
            for key in Keys.foreignKeys(of: written) where fields.has(key) {
                fields.spot.diagnostics.report(
                    fields.position(of: key),
                    "a \(written.rawValue) report has no key '\(key.name)'",
                    allowed: "its keys are \(names)"
                )
            }
        }
        let name = fields.placed(Keys.name)
        self.name = name
        destination = fields.placed(Keys.destination)
        prefix = fields.has(Keys.prefix) ? fields.placed(Keys.prefix) : name.map { $0.map { $0 + "/" } }
        grace = fields(Keys.grace)
        let zone = fields.placed(Keys.timeZone)
        self.zone = zone?.value
        schedule = Self.schedule(fields)
        switch kind {
        case .csv:
            meters = fields.placed(Keys.meter).map { [$0] } ?? []
            telemetry = Telemetry(
                dimensions: fields(Keys.dimensions) ?? [],
                dateColumn: fields.placed(Keys.dateColumn),
                metricColumn: fields.has(Keys.metricColumn) ? fields.placed(Keys.metricColumn) : name,
                dateFormat: fields(Keys.dateFormat),
                files: fields(Keys.files)
            )
        case .focus:
            let list = fields.placed(Keys.meters)
            meters = list?.value ?? []
            version = fields(Keys.version)
            if let zone, zone.value != .utc {
                fields.spot.diagnostics.report(
                    zone.position,
                    "a focus report counts days in \(zone.shown)",
                    allowed: "FOCUS days are UTC's"
                )
            }
            if let list, list.node.isEmptyList {
                fields.spot.diagnostics.report(list.position, "meters is empty", allowed: "name at least one meter")
            }
        }
    }

    private static func schedule(_ fields: Fields) -> Schedule? {
        typealias Keys = ReportSection
        let every = fields(Keys.every)
        let cron = fields(Keys.cron)
        switch (fields.has(Keys.every), fields.has(Keys.cron)) {
        case (true, true):
            let later = max(fields.position(of: Keys.every), fields.position(of: Keys.cron))
            fields.spot.diagnostics.report(later, "every and cron are both there", allowed: "a report has one of them")
            return nil
        case (false, false):
            fields.spot.report("\(fields.spot.name) has neither every nor cron", allowed: "a report has one of them")
            return nil
        case (true, false):
            return every.map(Schedule.every(seconds:))
        case (false, true):
            return cron.map(Schedule.cron)
        }
    }
}

extension YAMLNode {
    fileprivate var isEmptyList: Bool {
        if case .sequence(let items) = content { items.isEmpty } else { isNull }
    }
}
