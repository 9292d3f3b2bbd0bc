/// What is wrong at the moment, and what was said of it: once when it begins, then at intervals, and once when it is over.
struct TroubleBook {
    /// One thing that is wrong.
    struct Trouble: Sendable {
        /// What it is, for people.
        var text: String
        /// Since when.
        var since: ContinuousClock.Instant
        fileprivate var saidAt: ContinuousClock.Instant
    }

    /// What to write to the log.
    enum Line: Equatable {
        case begins(String)
        case lasts(String, seconds: Int)
        case over(String, seconds: Int)
    }

    private(set) var troubles: [TroubleKind: Trouble] = [:]
    private let reminder: Duration

    /// - Parameter reminder: between two lines about the same trouble.
    init(reminder: Duration) { self.reminder = reminder }

    /// Something is wrong. The line to write, if there is one to write now.
    mutating func note(_ kind: TroubleKind, _ text: String, now: ContinuousClock.Instant) -> Line? {
        guard var known = troubles[kind] else {
            troubles[kind] = Trouble(text: text, since: now, saidAt: now)
            return .begins(text)
        }
        known.text = text
        let isDue = now - known.saidAt >= reminder
        if isDue { known.saidAt = now }
        troubles[kind] = known
        return isDue ? .lasts(text, seconds: Self.seconds(known.since, now)) : nil
    }

    /// It is right again. The line to write, if it was wrong.
    mutating func settle(_ kind: TroubleKind, now: ContinuousClock.Instant) -> Line? {
        guard let known = troubles.removeValue(forKey: kind) else { return nil }
        return .over(known.text, seconds: Self.seconds(known.since, now))
    }

    private static func seconds(_ from: ContinuousClock.Instant, _ to: ContinuousClock.Instant) -> Int {
        Int((to - from).components.seconds)
    }
}

/// What can be wrong with a cluster; each is told and settled by itself.
enum TroubleKind: Hashable, Sendable {
    /// No broker answers.
    case cluster
    /// A broker cannot be used as configured.
    case broker
    /// A broker that leads partitions, by its number, does not answer.
    case leader(Int32)
    /// A topic that is named is not there, or may not be read.
    case topic(String)
    /// A partition does not go on.
    case partition(PartitionID)
    /// The log takes nothing at the moment.
    case log
    /// The broker does not take the committed offsets; nothing depends on them.
    case commit
    /// Rejected messages do not reach the dead-letter topic.
    case deadLetters

    /// Whether readiness shows it: the last two harm no event.
    var concernsReadiness: Bool {
        switch self {
        case .cluster, .broker, .leader, .topic, .partition, .log: true
        case .commit, .deadLetters: false
        }
    }
}

/// A partition of a topic.
struct PartitionID: Hashable, Sendable, CustomStringConvertible {
    var topic: String
    var number: Int32

    /// `topic/number`
    var description: String { "\(topic)/\(number)" }
}
