import Dispatch
import EventLog
import Synchronization

/// Frames on disk that are not in the totals yet, in the order of the log.
///
/// The log's writer thread pushes, the apply thread takes all that waits. The queue is bounded by `Engine.append`, which
/// refuses events while too many bytes wait here; frames that are on disk are never dropped.
final class ApplyQueue: LogFollower {
    private struct State {
        var waiting: [Frame] = []
        var closed = false
        /// When the frames that wait began to wait.
        var backlogSince = ContinuousClock.now
    }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let waitingBytes = Atomic<Int>(0)

    /// Bytes of frames that were pushed and not yet applied.
    var backlogBytes: Int { waitingBytes.load(ordering: .relaxed) }

    /// Seconds since the queue was last empty.
    var secondsSinceBacklog: Double { state.withLock { $0.backlogSince.duration(to: .now).seconds } }

    func synced(_ frames: [Frame]) {
        let before = waitingBytes.add(frames.reduce(0) { $0 + $1.payload.count }, ordering: .relaxed).oldValue
        state.withLock { state in
            if before == 0 { state.backlogSince = .now }
            state.waiting.append(contentsOf: frames)
        }
        signal.signal()
    }

    /// All that waits; empty after `seconds` without any, nil once closed and empty.
    func take(waiting seconds: Double) -> [Frame]? {
        let now = state.withLock { Self.takeAll(&$0) }
        if let now, now.isEmpty {
            _ = signal.wait(timeout: .now() + seconds)
            return state.withLock { Self.takeAll(&$0) }
        }
        return now
    }

    /// The frame's bytes are not waiting any more.
    func applied(_ frame: Frame) { waitingBytes.subtract(frame.payload.count, ordering: .relaxed) }

    /// No more frames will come.
    func close() {
        state.withLock { $0.closed = true }
        signal.signal()
    }

    private static func takeAll(_ state: inout State) -> [Frame]? {
        if state.waiting.isEmpty { return state.closed ? nil : [] }
        var taken: [Frame] = []
        swap(&taken, &state.waiting)
        return taken
    }
}
