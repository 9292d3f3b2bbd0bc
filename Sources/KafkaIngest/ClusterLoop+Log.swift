import Engine
import EventLog
import Observability

/// What is handed to the log.
enum LogEntry {
    /// Messages, with the positions behind them.
    case frame(SourceFrame)
    /// A partition's position, moved without messages; `next` comes next then.
    case jump(place: Int, SourcePosition, next: Int64, reason: String)
}

extension ClusterLoop {
    /// Sends what was gathered to the log, once what was sent before is on disk.
    func sendFrame() {
        guard !builder.isEmpty else { return }
        let frame = builder.finish(partitions)
        guard settleLog() else {
            hasDropped = true
            return
        }
        send(.frame(frame))
    }

    /// Moves a partition's position without messages, and waits until that is on disk. False when the thread is to stop.
    func jump(_ place: Int, to position: StoredPosition, reason: String) -> Bool {
        guard settleLog() else { return false }
        let partition = partitions[place]
        let stored = SourcePosition(
            source: partition.source,
            partition: partition.id.number,
            nextOffset: position.encoded
        )
        send(.jump(place: place, stored, next: position.next, reason: reason))
        return settleLog()
    }

    private func send(_ entry: LogEntry) {
        let submission = Submission()
        switch entry {
        case .frame(let frame):
            log.append(
                frame.batch,
                rejected: frame.rejected,
                positions: frame.positions,
                origin: .kafka,
                completion: { submission.complete($0) }
            )
        case .jump(_, let position, _, let reason):
            log.jump(position, reason: reason, origin: .kafka, completion: { submission.complete($0) })
        }
        underWay = (submission, entry)
    }

    /// Takes note when what is under way is on disk, and does not wait for it; what the log refuses is tried again at once,
    /// before anything else is taken.
    func lookAtLog() {
        if underWay?.submission.outcome(waiting: .zero) != nil { _ = settleLog() }
    }

    /// Waits until what is under way is on disk, and tries again where the log refuses it. Meanwhile nothing is taken from
    /// the broker. False when the thread is to stop first; what was under way counts as not taken then, and is read again
    /// after the next start.
    func settleLog() -> Bool {
        guard !hasDropped else { return false }
        guard underWay != nil else { return true }
        let began = ContinuousClock.now
        var pause = GrowingPause(first: .milliseconds(5), longest: .seconds(1))
        while let (submission, entry) = underWay {
            switch submission.outcome(waiting: Self.outcomeWait) {
            case .success:
                underWay = nil
                settle(.log)
                reached(entry)
            case .failure(let refusal):
                if ContinuousClock.now - began > Self.patience {
                    note(.log, "the log takes no messages: \(refusal)")
                    showStatus()
                }
                guard !stopping.isSet else { return false }
                stopping.sleep(pause.next())
                send(entry)
            case nil:
                if ContinuousClock.now - began > Self.patience { showStatus() }
                if stopping.isSet, ContinuousClock.now - began > Self.farewell { return false }
            }
        }
        return true
    }

    /// How long the log is waited for at a time.
    private static let outcomeWait: Duration = .milliseconds(500)
    /// The log may be busy for so long without a word about it.
    private static let patience: Duration = .seconds(2)
    /// How long a thread that is to stop waits for its last frame.
    private static let farewell: Duration = .seconds(10)

    private func reached(_ entry: LogEntry) {
        let now = ContinuousClock.now
        switch entry {
        case .frame(let frame):
            for (place, offset) in frame.reached {
                partitions[place].reach(offset, now: now)
                partitions[place].instruments.consumed.increment(by: frame.taken[place] ?? 0)
            }
        case .jump(let place, _, let next, _):
            partitions[place].next = next
            partitions[place].reach(next, now: now)
        }
    }
}
