public import CloudEvents
public import Metering

/// How an event came in. The ledger and the metrics keep these apart; the dedupe window does not.
public enum IngestOrigin: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    case http = 0
    case kafka = 1

    /// The origin's name in metrics, the ledger and the API: `http` or `kafka`.
    public var description: String {
        switch self {
        case .http: "http"
        case .kafka: "kafka"
        }
    }
}

/// Why events were not taken. Nothing of the batch is in the log, or, for `unavailable`, nobody can say whether it is;
/// the client sends the same events again and the dedupe window keeps them from counting twice.
public enum AppendRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The queue before the log is full; `retryAfter` is in seconds.
    case queueFull(retryAfter: Int)
    /// The disk has less than the configured reserve left; `retryAfter` is in seconds.
    case diskLow(retryAfter: Int)
    /// The log failed or is closing; `retryAfter` is in seconds.
    case unavailable(retryAfter: Int, reason: String)

    /// One sentence for the problem document.
    public var description: String {
        switch self {
        case .queueFull: "the queue before the log is full; send the same events again later"
        case .diskLow: "the disk has less free space than the configured reserve (storage.reserve)"
        case .unavailable(_, let reason): "the log takes no events: \(reason)"
        }
    }
}

/// A meter as it is kept: its definition and its identity.
public struct MeterRecord: Sendable, Hashable {
    /// A ULID, assigned when the meter was first seen.
    public var id: String
    /// The definition.
    public var meter: Meter
    /// When the meter was first seen.
    public var createdAt: Timestamp
    /// When its definition last changed.
    public var updatedAt: Timestamp

    /// Who it belongs to.
    public var owner: MeterOwner
    /// How far its count from the log is; nil when none was ever asked for.
    public var backfill: BackfillProgress?

    /// Makes a record.
    public init(
        id: String,
        meter: Meter,
        createdAt: Timestamp,
        updatedAt: Timestamp,
        owner: MeterOwner = .configuration,
        backfill: BackfillProgress? = nil
    ) {
        self.id = id
        self.meter = meter
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.owner = owner
        self.backfill = backfill
    }
}

/// What readiness and the metrics page need to know of the engine.
public struct EngineHealth: Sendable, Hashable {
    /// The log has been replayed.
    public var recovered: Bool
    /// Why the engine can take no more events, once it cannot.
    public var failure: String?
    /// The disk is below the reserve.
    public var diskLow: Bool
    /// Events on disk that are not in the totals yet.
    public var applyLagEvents: UInt64
    /// Seconds since apply last moved while there was something to apply; 0 when it keeps up.
    public var applyStalledSeconds: Double
    /// Seconds since the last checkpoint.
    public var checkpointAge: Double

    /// Makes a report of health.
    public init(
        recovered: Bool,
        failure: String?,
        diskLow: Bool,
        applyLagEvents: UInt64,
        applyStalledSeconds: Double,
        checkpointAge: Double
    ) {
        self.recovered = recovered
        self.failure = failure
        self.diskLow = diskLow
        self.applyLagEvents = applyLagEvents
        self.applyStalledSeconds = applyStalledSeconds
        self.checkpointAge = checkpointAge
    }
}
