import Synchronization

/// What the consumer's thread lets others see.
final class ClusterStatus: Sendable {
    /// A partition, as seen from outside.
    struct SeenPartition: Sendable {
        var id: PartitionID
        var lag: Int64?
        var movedAt: ContinuousClock.Instant
    }

    private struct State {
        var partitions: [SeenPartition] = []
        var troubles: [TroubleKind: TroubleBook.Trouble] = [:]
        var hasListed = false
        var updatedAt = ContinuousClock.now
    }

    private let state = Mutex(State())

    /// Replaces what is seen.
    func show(
        _ partitions: [Partition],
        troubles: [TroubleKind: TroubleBook.Trouble],
        hasListed: Bool,
        now: ContinuousClock.Instant
    ) {
        let seen = partitions.filter { $0.isFetched || $0.isLost }.map {
            SeenPartition(id: $0.id, lag: $0.lag, movedAt: $0.movedAt)
        }
        state.withLock { state in
            state.partitions = seen
            state.troubles = troubles.filter { $0.key.concernsReadiness }
            state.hasListed = hasListed
            state.updatedAt = now
        }
    }

    /// What stands against being ready.
    func health(stallSeconds: Int?, now: ContinuousClock.Instant = .now) -> ClusterHealth {
        state.withLock { state in
            let limit = stallSeconds.map { Duration.seconds($0) }
            func isOver(_ since: ContinuousClock.Instant) -> Bool { limit.map { now - since >= $0 } ?? false }
            let stalled = state.partitions.filter { ($0.lag ?? 0) > 0 && isOver($0.movedAt) }
            let troubles = state.troubles.values.sorted { ($0.since, $0.text) < ($1.since, $1.text) }
            var details = troubles.prefix(Self.listed).map { "\($0.text), for \(Self.seconds($0.since, now)) s" }
            details += stalled.prefix(Self.listed).map { partition in
                "\(partition.id) is \(partition.lag ?? 0) messages behind and has not moved for "
                    + "\(Self.seconds(partition.movedAt, now)) s"
            }
            let hangs = limit.map { now - state.updatedAt >= max($0, Self.longestCall) } ?? false
            if hangs { details.append("the consumer has not moved for \(Self.seconds(state.updatedAt, now)) s") }
            if details.isEmpty { details = [summary(state)] }
            return ClusterHealth(
                ok: !hangs && stalled.isEmpty && !troubles.contains { isOver($0.since) },
                detail: details.joined(separator: "; ")
            )
        }
    }

    /// Troubles and stalled partitions that are told one by one.
    private static let listed = 5

    /// The consumer's thread may wait so long for the answers of brokers between two looks.
    private static let longestCall: Duration = .seconds(60)

    private func summary(_ state: State) -> String {
        guard state.hasListed else { return "the topics are not known yet" }
        let topics = Set(state.partitions.map(\.id.topic)).count
        let lag = state.partitions.reduce(0) { $0 + ($1.lag ?? 0) }
        return "\(Self.count(state.partitions.count, "partition")) of \(Self.count(topics, "topic")), "
            + "\(Self.count(Int(lag), "message")) behind"
    }

    private static func count(_ number: Int, _ name: String) -> String { "\(number) \(name)\(number == 1 ? "" : "s")" }

    private static func seconds(_ from: ContinuousClock.Instant, _ to: ContinuousClock.Instant) -> Int {
        Int((to - from).components.seconds)
    }
}

/// How a cluster is doing, for readiness.
public struct ClusterHealth: Sendable, Hashable {
    /// False once trouble, or lag without progress, lasts longer than `stallSeconds`.
    public var ok: Bool
    /// What is wrong, or how many partitions are read and how far behind they are.
    public var detail: String
}
