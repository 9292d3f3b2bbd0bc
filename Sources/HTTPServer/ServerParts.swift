import Logging

/// What every connection and route of a server works with.
struct ServerParts: Sendable {
    let settings: HTTPServerSettings
    let metering: any MeteringService
    let reports: any ReportService
    let access: AccessControl
    let readiness: [any ReadinessService]
    let metrics: ServerMetrics
    let budget: BodyBudget
    let logger: Logger
    /// Microseconds since 1970-01-01T00:00:00Z.
    let now: @Sendable () -> Int64
    /// 64 random bits.
    let random: @Sendable () -> UInt64
}
