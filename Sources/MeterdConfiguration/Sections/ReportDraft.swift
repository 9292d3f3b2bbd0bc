import Metering
import ReportDefinitions

/// A report as far as it could be read.
struct ReportDraft: Sendable {
    var position: Position
    var kind: ReportKind
    /// What messages call it, such as `reports[0]`.
    var place: String
    var name: Placed<String>?
    var destination: Placed<String>?
    /// The report's name where no prefix is written; nil where it is wrong.
    var prefix: Placed<String>?
    var zone: Zone?
    var grace: Int?
    var schedule: Schedule?
    var formulaEscape: Bool?
    /// One for csv and cloudzero-telemetry, none for reconciliation.
    var meters: [Placed<String>] = []
    var telemetry: Telemetry?
    var focus: Focus?
    var cloudZero: CloudZero?
    /// For reconciliation; nil where none are written.
    var reports: [Placed<String>]?

    /// What only csv has.
    struct Telemetry: Sendable {
        var dimensions: [Placed<String>]
        var dateColumn: Placed<String>?
        var metricColumn: Placed<String>?
        var dateFormat: TelemetryFormat.DateFormat?
        var files: TelemetryFormat.Files?
    }

    /// What only focus has.
    struct Focus: Sendable {
        var version: FocusFormat.Version?
        var compression: FocusFormat.Compression?
        var delivery: FocusFormat.Delivery?
    }

    /// What only cloudzero-telemetry has.
    struct CloudZero: Sendable {
        var stream: ReportSection.StreamKind?
        var element: Placed<String>?
        /// The element is written, be it wrong.
        var hasElement: Bool
        var filters: [NamedEntry<Placed<String>>]
    }

    init(_ fields: Fields) {
        typealias Keys = ReportSection
        let written = fields(Keys.format)
        // A report without a format is taken for what its other keys say, so that they are checked too.
        let kind = written ?? ReportKind(having: fields.has)
        self.kind = kind
        position = fields.position
        place = fields.spot.name
        if let written { Self.refuseKeys(foreignTo: written, in: fields) }
        let name = fields.placed(Keys.name)
        self.name = name
        destination = fields.placed(Keys.destination)
        prefix = fields.has(Keys.prefix) ? fields.placed(Keys.prefix) : name.map { $0.map { $0 + "/" } }
        grace = fields(Keys.grace)
        let zone = fields.placed(Keys.timeZone)
        self.zone = zone?.value
        schedule = Self.schedule(fields)
        formulaEscape = fields(Keys.formulaEscape)
        if kind != .csv, let zone, zone.value != .utc {
            fields.spot.diagnostics.report(
                zone.position,
                "\(kind.named) counts days in \(zone.shown)",
                allowed: kind == .focus ? "FOCUS days are UTC's" : "its days are UTC's, only csv has others"
            )
        }
        readOwnKeys(fields)
    }

    private mutating func readOwnKeys(_ fields: Fields) {
        typealias Keys = ReportSection
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
            meters = Self.list(Keys.meters, "name at least one meter", in: fields) ?? []
            focus = Focus(
                version: fields(Keys.version),
                compression: fields(Keys.compression),
                delivery: fields(Keys.delivery)
            )
        case .cloudZero:
            meters = fields.placed(Keys.meter).map { [$0] } ?? []
            cloudZero = CloudZero(
                stream: fields(Keys.stream),
                element: fields.placed(Keys.element),
                hasElement: fields.has(Keys.element),
                filters: fields(Keys.filters) ?? []
            )
        case .anyCost, .datadog:
            meters = Self.list(Keys.meters, "name at least one meter", in: fields) ?? []
        case .reconciliation:
            reports = Self.list(Keys.reports, "name a report, or take it out for all of them", in: fields)
        }
    }

    /// A list that is not empty where it is written.
    private static func list(
        _ key: Key<[Placed<String>]>,
        _ allowed: String,
        in fields: Fields
    ) -> [Placed<String>]? {
        let list = fields.placed(key)
        if let list, list.node.isEmptyList {
            fields.spot.diagnostics.report(list.position, "\(key.name) is empty", allowed: allowed)
        }
        return list?.value
    }

    private static func refuseKeys(foreignTo kind: ReportKind, in fields: Fields) {
        let names = kind.keys.map(\.name)
        for key in ReportKind.allKeys where fields.has(key) && !names.contains(key.name) {
            fields.spot.diagnostics.report(
                fields.position(of: key),
                "\(kind.named) has no key '\(key.name)'",
                allowed: "its keys are \(names.joined(separator: ", "))"
            )
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
    /// A list with nothing in it, or nothing where a list is read.
    var isEmptyList: Bool {
        if case .sequence(let items) = content { items.isEmpty } else { isNull }
    }

    /// How many entries a list has.
    var entryCount: Int {
        if case .sequence(let items) = content { items.count } else { 0 }
    }
}
