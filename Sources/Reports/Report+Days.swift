import Charges
import CloudEvents
import Metering
import ReportDefinitions

extension Report {
    /// The zone whose days the report counts: its own for telemetry CSV; UTC for what follows specifications that count
    /// UTC days.
    var dayZone: Zone {
        if case .csv = format { zone } else { .utc }
    }

    /// The first day that is not closed: one closes when its last instant and the grace after it have passed.
    func firstOpenDay(at now: Timestamp) -> LocalDay {
        LocalDay(containing: Timestamp(microseconds: now.microseconds - graceMicroseconds), in: dayZone)
    }

    /// When a day closes.
    func closing(of day: LocalDay) -> Timestamp {
        Timestamp(microseconds: day.next.start(in: dayZone).microseconds + graceMicroseconds)
    }

    private var graceMicroseconds: Int64 { Int64(grace) * 1_000_000 }

    /// The slugs of the meters it reads, sorted byte by byte.
    var meterSlugs: [String] {
        switch format {
        case .csv(let format): [format.meter]
        case .cloudZeroTelemetry(let format): [format.meter]
        case .focus(let format): Self.sorted(format.meters)
        case .anyCost(let format): Self.sorted(format.meters)
        case .datadog(let format): Self.sorted(format.meters)
        case .reconciliation: []
        }
    }

    private static func sorted(_ slugs: [String]) -> [String] {
        Set(slugs).sorted { $0.precedesBytewise($1) }
    }

    /// The period a day is delivered and recorded with: `2025-06-07`, or `2025-06` for a billing month.
    func period(of day: LocalDay) -> String {
        switch format {
        case .csv, .cloudZeroTelemetry, .datadog: day.description
        case .focus, .anyCost: BillingPeriod(containing: day).description
        case .reconciliation: Self.wholePeriod
        }
    }

    /// The one period of a reconciliation.
    static let wholePeriod = "all"

    /// What tells deliveries apart: days that have the same one are put together.
    func delivery(of day: LocalDay) -> String {
        if case .csv(let format) = format, format.files == .single { return Self.wholePeriod }
        return period(of: day)
    }

    /// Which other days of its billing month the rows of a day depend on.
    func monthDependence(in catalog: ReportCatalog) -> MonthDependence {
        switch format {
        case .csv, .cloudZeroTelemetry, .reconciliation: return .none
        case .focus, .anyCost, .datadog: break
        }
        let slugs = Set(meterSlugs)
        let rates = catalog.prices.lazy.filter { slugs.contains($0.meter) }
            .flatMap { [$0.list, $0.contracted] + $0.overrides.map(\.rates) }
            .filter { !$0.isFlat }
        if rates.contains(where: { $0.mode == .volume }) { return .allDays }
        return rates.isEmpty ? .none : .daysBefore
    }
}

/// Which other closed days of its billing month a day's rows depend on.
enum MonthDependence: Sendable {
    /// None: every unit costs the same.
    case none
    /// Those before it: they say where in the tiers or the allowance the day begins.
    case daysBefore
    /// All: the month's quantity picks the tier.
    case allDays
}
