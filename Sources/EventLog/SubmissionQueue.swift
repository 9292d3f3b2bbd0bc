/// Frames on their way to the writer. While the writer syncs, new ones gather here; it then takes all of them at once.
final class SubmissionQueue: Sendable {
    private struct State {
        var waiting: [FrameDraft] = []
        /// Bytes and frames that wait or that the writer has, because both hold memory.
        var bytes = 0
        var frames = 0
        var isClosed = false
        var isDiskLow = false
        /// The writer had no room for a segment: free space must cover one before frames are taken again.
        var needsSegment = false
        var failure: String?
        var writerWaits = false
        var statistics = LogStatistics()
    }

    private let monitor: Monitor<State>
    private let options: LogOptions

    init(options: LogOptions) {
        self.options = options
        monitor = Monitor(State())
    }

    /// Adds a frame, or says why not; its completion is then not called.
    func submit(_ draft: consuming FrameDraft) throws(AppendError) {
        let length = draft.frameBytes
        guard length <= options.largestFrame, draft.positions.allSatisfy({ $0.source.utf8.count <= Int(UInt16.max) })
        else { throw .frameTooLarge(bytes: length, limit: options.largestFrame) }
        let draft = draft
        let (refusal, wake) = monitor.withLock { state -> (AppendError?, Bool) in
            if let refusal = self.refusal(of: length, state) { return (refusal, false) }
            state.waiting.append(draft)
            state.bytes += length
            state.frames += 1
            defer { state.writerWaits = false }
            return (nil, state.writerWaits)
        }
        if let refusal { throw refusal }
        if wake { monitor.wake() }
    }

    private func refusal(of length: Int, _ state: State) -> AppendError? {
        if let failure = state.failure { return .failed(failure) }
        if state.isClosed { return .closed }
        if state.isDiskLow { return .diskLow }
        // An empty queue takes any frame that fits a segment, whatever the limit on bytes.
        let isFull =
            state.frames >= options.queueFrames || (state.frames > 0 && state.bytes + length > options.queueBytes)
        return isFull ? .queueFull(retryAfterSeconds: options.retryAfterSeconds) : nil
    }

    /// Waits for frames and takes all there are, in exchange for an empty array. False when the queue is closed and empty.
    func take(_ drafts: inout [FrameDraft]) -> Bool {
        precondition(drafts.isEmpty, "what was taken is done before more is taken")
        return monitor.when { state in
            state.writerWaits = state.waiting.isEmpty && !state.isClosed
            return !state.writerWaits
        } _: { state in
            swap(&state.waiting, &drafts)
            return !drafts.isEmpty
        }
    }

    /// Frames have been written, or refused, and hold no memory any more.
    func release(bytes: Int, frames: Int, committed: CommitSample? = nil) {
        monitor.withLock { state in
            state.bytes -= bytes
            state.frames -= frames
            guard let committed else { return }
            state.statistics.commits += 1
            state.statistics.frames += UInt64(committed.frames)
            state.statistics.events += UInt64(committed.events)
            state.statistics.bytes += UInt64(committed.bytes)
        }
    }

    /// The writer found no room for a segment. True when that is news.
    func diskIsLow() -> Bool {
        monitor.withLock { state in
            defer { (state.isDiskLow, state.needsSegment) = (true, true) }
            return !state.isDiskLow
        }
    }

    /// The free space was looked at. Returns the new state when it changed.
    func space(free: Int64, segmentIsReady: Bool) -> Bool? {
        monitor.withLock { state in
            let segment = state.needsSegment && !segmentIsReady ? Int64(options.segmentBytes) : 0
            let isLow = free < options.reserveBytes + segment
            guard isLow != state.isDiskLow else { return nil }
            state.isDiskLow = isLow
            if !isLow { state.needsSegment = false }
            return isLow
        }
    }

    /// Takes nothing any more, and gives back what waits.
    func fail(_ reason: String) -> [FrameDraft] {
        monitor.withLock { state in
            state.failure = reason
            return Self.drain(&state)
        }
    }

    /// Takes nothing any more; what waits is still written.
    func close() {
        monitor.withLock { $0.isClosed = true }
        monitor.wake()
    }

    /// What waits, taken out for good: for a queue no writer will ever empty.
    func drain() -> [FrameDraft] { monitor.withLock { Self.drain(&$0) } }

    private static func drain(_ state: inout State) -> [FrameDraft] {
        let waiting = state.waiting
        state.waiting = []
        state.frames -= waiting.count
        state.bytes -= waiting.reduce(0) { $0 + $1.frameBytes }
        return waiting
    }

    /// The numbers of this moment; those of the directory are for the log to add.
    var statistics: LogStatistics {
        monitor.withLock { state in
            var statistics = state.statistics
            statistics.queuedFrames = state.frames
            statistics.queuedBytes = state.bytes
            statistics.diskLow = state.isDiskLow
            statistics.failure = state.failure
            return statistics
        }
    }
}
