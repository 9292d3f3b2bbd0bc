public import Metering
public import ReportDefinitions

/// Everything a configuration file says, checked: names are known, prices are there, paths and schedules are read.
///
/// The same file and environment give the same value.
public struct Configuration: Sendable, Hashable {
    /// Where events come in over HTTP, and queries.
    public var server: ServerSettings
    /// In the order of the file; names differ.
    public var kafka: [KafkaCluster]
    /// Where events and totals are kept.
    public var storage: StorageSettings
    /// What is logged.
    public var log: LogSettings
    /// In the order of the file; slugs differ.
    public var meters: [Meter]
    /// In the order of the file; names differ.
    public var destinations: [Destination]
    /// In the order of the file; names differ, and every name they hold is known.
    public var reports: [Report]
    /// What FOCUS rows say beside usage, by the slugs of the meters that reports of costs name.
    public var focusProfiles: [String: FocusProfile]
    /// By meter and then by first day.
    public var prices: [Price]
    /// How long the buckets of each meter's totals have to be, by slug, in seconds: 3600, or 900 where a report counts it
    /// in a time zone that is not whole hours from UTC.
    public var bucketSeconds: [String: Int]
}
