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

/// Why a query was refused.
public enum QueryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No meter has this slug or id.
    case unknownMeter(String)
    /// The meter has no such dimension; `known` lists those it has.
    case unknownDimension(String, known: [String])
    /// The range or the window is not usable; the text says why.
    case invalidRange(String)
    /// The sum does not fit 38 decimal digits.
    case overflow
    /// The answer would have more rows than the limit.
    case tooLarge(rows: Int, limit: Int)
    /// The engine is not able to answer now.
    case unavailable(String)

    /// One sentence for the problem document.
    public var description: String {
        switch self {
        case .unknownMeter(let slug): "no meter has the slug or id \"\(slug)\""
        case .unknownDimension(let name, let known):
            "the meter has no dimension \"\(name)\"; it has: \((["subject"] + known).joined(separator: ", "))"
        case .invalidRange(let why): why
        case .overflow: "the total has more than 38 significant digits and cannot be written exactly"
        case .tooLarge(let rows, let limit):
            "the answer would have \(rows) rows or more, over the limit of \(limit); ask for a shorter range"
        case .unavailable(let why): why
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

    /// Makes a record.
    public init(id: String, meter: Meter, createdAt: Timestamp, updatedAt: Timestamp) {
        self.id = id
        self.meter = meter
        self.createdAt = createdAt
        self.updatedAt = updatedAt
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
