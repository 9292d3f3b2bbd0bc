import EventLog
import Synchronization
import UsageStore

extension Engine {
    /// Rejected messages that one answer lists at most.
    public static let listedRejections = 1000
    /// Bytes of rejected messages that one answer holds at most; the first is in it whatever its size.
    static let listedRejectionBytes = 16 << 20

    /// The newest rejected messages that were on disk at the call, newest first.
    ///
    /// Their bytes come from the log, so those whose segment retention deletes meanwhile are left out. The next page is
    /// what stands before the last sequence number of this one; a page with none is behind the last.
    /// - Parameters:
    ///   - origin: how they came in; nil for all. Requests refused over HTTP are only counted, so there are none.
    ///   - limit: how many at most; `listedRejections` and 16 MiB bound it too.
    ///   - before: only messages with a sequence number below this one; nil for the newest of all.
    /// - Throws: `QueryError`.
    public func rejectedMessages(
        origin: IngestOrigin?,
        limit: Int,
        before: UInt64? = nil
    ) async throws -> [StoredRejection] {
        try await waitForApply()
        let limit = min(limit, Self.listedRejections)
        guard limit > 0 else { return [] }
        let (store, log) = (store, log)
        // How many messages lie from `before` on is not known, so every frame that is kept is looked at then.
        let frames = before == nil ? limit : .max
        // What apply holds first, the store then: a checkpoint in between leaves a frame in both, never in neither.
        let new = state.withLock { $0.applier.totals.newestRejectedFrames(origin: origin?.rawValue, limit: frames) }
        return try await Self.offCooperativeThreads { () throws(QueryError) in
            do {
                let old = try store.rejectedFrames(origin: origin?.rawValue, limit: frames)
                return try RejectedReader(log: log, end: before ?? .max)
                    .read(new + old, limit: limit, bytes: Self.listedRejectionBytes)
            } catch {
                throw .unavailable("the rejected messages cannot be read: \(error)")
            }
        }
    }
}

/// Reads rejected messages back from the log.
private struct RejectedReader {
    let log: EventLog
    /// Only messages with a sequence number below this one are read.
    let end: UInt64

    /// The newest messages of these frames, newest first; a frame may be named twice.
    func read(_ frames: [RejectedFrame], limit: Int, bytes: Int) throws -> [StoredRejection] {
        var found: [StoredRejection] = []
        var room = bytes
        let wanted = Set(frames.filter { $0.sequence < end })
        for frame in wanted.sorted(by: { $0.sequence > $1.sequence }) where found.count < limit {
            for rejection in try read(frame, limit: limit - found.count) {
                room -= rejection.message.byteCount
                guard found.isEmpty || room >= 0 else { return found }
                found.append(rejection)
            }
        }
        return found
    }

    private func read(_ rejected: RejectedFrame, limit: Int) throws -> [StoredRejection] {
        let frame: Frame?
        do {
            frame = try log.frame(holding: rejected.sequence)
        } catch EventLogError.noLongerKept {
            return []
        }
        guard let frame, let origin = IngestOrigin(rawValue: frame.origin) else { return [] }
        // The payload lies in memory that the frame owns.
        return try withExtendedLifetime(frame) {
            let records = try TakePayload(of: frame).records.prefix(Int(clamping: end - frame.firstSequence))
            return try records.indices.suffix(limit).reversed().map { index in
                StoredRejection(
                    sequence: frame.firstSequence + UInt64(index),
                    origin: origin,
                    arrival: frame.arrival,
                    message: try TakePayload.message(records[index], of: frame)
                )
            }
        }
    }
}
