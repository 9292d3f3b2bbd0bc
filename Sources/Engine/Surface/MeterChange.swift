public import Metering

/// Who a meter belongs to.
public enum MeterOwner: String, Sendable, Hashable {
    /// The configuration names it; the API only reads it.
    case configuration
    /// It was made over the API.
    case api
    /// The configuration named it once: it keeps its totals and counts no more.
    case nobody
}

/// How far the count of a meter from the log has come.
public struct BackfillProgress: Sendable, Hashable {
    /// What it is doing.
    public enum State: Sendable, Hashable {
        /// Events are being read.
        case running
        /// Everything that was in the log is counted.
        case done
        /// It stopped; the text says why and what to do. The meter is as it was before.
        case failed(String)
    }

    /// What it is doing.
    public var state: State
    /// Sequence numbers it has passed.
    public var done: UInt64
    /// Sequence numbers there were to pass when it began.
    public var total: UInt64
    /// The first sequence number it reads: older events are not in the log any more.
    public var fromSequence: UInt64

    /// Makes one.
    public init(state: State, done: UInt64, total: UInt64, fromSequence: UInt64) {
        self.state = state
        self.done = done
        self.total = total
        self.fromSequence = fromSequence
    }
}

/// What `PUT /api/v1/meters/{idOrSlug}` may change; nil leaves a field as it is.
public struct MeterChange: Sendable, Hashable {
    /// The new name.
    public var name: String?
    /// The new description.
    public var description: String?
    /// The new dimensions, all of them; others than before count anew from the log.
    public var groupBy: [Dimension]?
    /// The new metadata, all of it.
    public var metadata: [String: String]?

    /// Makes one.
    public init(
        name: String? = nil,
        description: String? = nil,
        groupBy: [Dimension]? = nil,
        metadata: [String: String]? = nil
    ) {
        self.name = name
        self.description = description
        self.groupBy = groupBy
        self.metadata = metadata
    }
}

/// Why a meter was not made, changed or deleted; everything is as it was.
public enum MeterChangeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No meter has this slug or id.
    case unknownMeter(String)
    /// Another meter has the slug; the text says which and what to do.
    case slugTaken(String)
    /// The meter is the configuration's.
    case configured(slug: String)
    /// The definition breaks a rule.
    case invalid(MeterError)
    /// The meter is being counted from the log; the change has to wait.
    case counting(slug: String)
    /// The most meters there may be.
    case tooMany(limit: Int)
    /// The engine is not able to do it now.
    case unavailable(String)

    /// One sentence for the problem document.
    public var description: String {
        switch self {
        case .unknownMeter(let slug): "no meter has the slug or id \"\(slug)\""
        case .slugTaken(let reason): reason
        case .configured(let slug):
            "the meter \"\(slug)\" is the configuration's; change it there and reload (SIGHUP)"
        case .invalid(let error): error.description
        case .counting(let slug):
            "the meter \"\(slug)\" is being counted from the log; wait until its backfill is done"
        case .tooMany(let limit): "there are \(limit) meters already, which is the most"
        case .unavailable(let why): why
        }
    }
}
