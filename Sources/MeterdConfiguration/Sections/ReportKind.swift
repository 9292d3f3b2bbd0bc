/// The formats of reports by the names the file gives them.
enum ReportKind: String, Sendable, CaseIterable {
    case csv, focus
    case cloudZero = "cloudzero-telemetry"
    case anyCost = "anycost-cbf"
    case datadog = "datadog-custom-costs"
    case reconciliation

    /// What it is, for the schema.
    var about: String {
        switch self {
        case .csv: "telemetry CSV as Finout reads it"
        case .focus: "a FOCUS Cost and Usage dataset"
        case .cloudZero: "telemetry records for CloudZero"
        case .anyCost: "CloudZero's Common Bill Format in AnyCost drops"
        case .datadog: "Datadog custom costs"
        case .reconciliation: "what other reports delivered, by day and meter"
        }
    }

    /// A report of the format, for messages.
    var named: String { "\(self == .anyCost ? "an" : "a") \(rawValue) report" }

    /// Whether it writes costs: each meter has a price and what a FOCUS row needs.
    var isPriced: Bool {
        switch self {
        case .focus, .anyCost, .datadog: true
        case .csv, .cloudZero, .reconciliation: false
        }
    }

    /// The keys it has, in the order of the documentation.
    var keys: [any DescribedKey] {
        typealias Keys = ReportSection
        let always: [any DescribedKey] = [Keys.name, Keys.format, Keys.destination, Keys.prefix, Keys.every, Keys.cron]
        let days: [any DescribedKey] = [Keys.grace, Keys.timeZone]
        switch self {
        case .csv:
            return always + days + [
                Keys.meter, Keys.dimensions, Keys.dateColumn, Keys.dateFormat, Keys.metricColumn, Keys.files,
                Keys.formulaEscape,
            ]
        case .focus:
            return always + days + [
                Keys.version, Keys.meters, Keys.compression, Keys.delivery, Keys.formulaEscape,
            ]
        case .cloudZero: return always + days + [Keys.meter, Keys.stream, Keys.element, Keys.filters]
        case .anyCost: return always + days + [Keys.meters, Keys.formulaEscape]
        case .datadog: return always + days + [Keys.meters]
        case .reconciliation: return always + [Keys.reports, Keys.formulaEscape]
        }
    }

    /// Of all formats, each once.
    static var allKeys: [any DescribedKey] {
        var known: Set<String> = []
        return allCases.flatMap(\.keys).filter { known.insert($0.name).inserted }
    }

    /// The one that has all these keys, for a report that does not say.
    init(having names: (any DescribedKey) -> Bool) {
        typealias Keys = ReportSection
        if names(Keys.stream) || names(Keys.element) || names(Keys.filters) {
            self = .cloudZero
        } else if names(Keys.reports) {
            self = .reconciliation
        } else {
            self = names(Keys.meters) || names(Keys.version) ? .focus : .csv
        }
    }
}
