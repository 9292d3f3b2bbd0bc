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
    static let format = Key<ReportKind>(
        "format",
        .choice("a format"),
        .required,
        "csv for telemetry as Finout reads it, focus for a FOCUS dataset, cloudzero-telemetry, anycost-cbf, "
            + "datadog-custom-costs or reconciliation"
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
        "the time zone whose days it counts; only csv has another one than UTC"
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
        "the version of FOCUS: its columns, in its order"
    )
    static let compression = Key<FocusFormat.Compression>(
        "compression",
        .choice("a compression"),
        .standard("gzip"),
        "of the data files: gzip for .csv.gz, none for .csv"
    )
    static let delivery = Key<FocusFormat.Delivery>(
        "delivery",
        .choice("a kind of delivery"),
        .standard("overwrite"),
        "overwrite: a month's files are replaced when they change; new: each delivery has a folder of its own"
    )
    static let meters = Key<[Placed<String>]>(
        "meters",
        .list(of: .matching(.slug)),
        .required,
        "the meters it reports, each with a price"
    )

    static let stream = Key<StreamKind>(
        "stream",
        .choice("a kind of stream"),
        .standard("metric"),
        "metric: a unit cost metric; allocation: an allocation stream, each record for one element"
    )
    static let element = Key<String>(
        "element",
        .matching(.dimension),
        .optional,
        "whom a record of an allocation stream is for: subject, or a dimension of the meter"
    )
    static let filters = Key<[NamedEntry<Placed<String>>]>(
        "filters",
        .map(keys: .label, of: .placed(.matching(.dimension))),
        .section,
        "CloudZero's dimensions by name, such as custom:Customer, each with subject or a dimension of the meter; at most 5"
    )

    static let reports = Key<[Placed<String>]>(
        "reports",
        .list(of: .matching(.name)),
        .optional,
        "the reports it accounts for; without it, all others"
    )
    static let formulaEscape = Key<Bool>(
        "formulaEscape",
        .boolean,
        .standard("false"),
        "true: texts that a spreadsheet would run as a formula get an apostrophe in front"
    )

    /// What CloudZero does with the records.
    enum StreamKind: String, CaseIterable { case metric, allocation }

    static let rule = Rule<ReportDraft>.object(
        "a report",
        keys: ReportKind.allKeys,
        schema: JSONValue.members(["oneOf": .array(ReportKind.allCases.map(schema(of:)))]),
        build: ReportDraft.init
    )

    private static func schema(of kind: ReportKind) -> JSONValue {
        let fixed = JSONValue.members(["description": .text(format.about), "const": .text(kind.rawValue)])
        let when: [JSONValue] = [every.name, cron.name].map { .members(["required": .texts([$0])]) }
        return JSONValue.schema(of: kind.keys, about: kind.about)
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
