public import Metering

/// Everything a report needs to know beside the usage: the reports and what they refer to, checked by the configuration.
public struct ReportCatalog: Sendable, Hashable {
    /// The reports, their names unique.
    public var reports: [Report]
    /// By slug.
    public var meters: [String: Meter]
    /// By the meter's slug; every meter of a report of costs (FOCUS, AnyCost, Datadog) has one.
    public var focusProfiles: [String: FocusProfile]
    /// In any order; every meter of a report of costs has one or more.
    public var prices: [Price]
    /// By name.
    public var destinations: [String: Destination]

    /// Makes a catalog.
    public init(
        reports: [Report],
        meters: [String: Meter],
        focusProfiles: [String: FocusProfile],
        prices: [Price],
        destinations: [String: Destination]
    ) {
        self.reports = reports
        self.meters = meters
        self.focusProfiles = focusProfiles
        self.prices = prices
        self.destinations = destinations
    }

    /// A catalog with no reports.
    public static let empty = ReportCatalog(
        reports: [],
        meters: [:],
        focusProfiles: [:],
        prices: [],
        destinations: [:]
    )

    /// The report with this name.
    public func report(named name: String) -> Report? {
        reports.first { $0.name == name }
    }
}
