/// Work that many may ask for at once and that is done for all of them together: at most once at a time, and at most once
/// more for whoever came in between.
///
/// Who asks while it is being done waits for the next time and does not share the outcome that is on its way: that one may
/// have been begun before what they want to see had happened.
actor SharedWork<Outcome: Sendable> {
    private let work: @Sendable () async throws -> Outcome
    /// The time that has not begun.
    private var waiting: Task<Outcome, any Error>?
    /// The latest time, begun or not, until it has ended.
    private var latest: Task<Outcome, any Error>?
    /// How often it was asked for anew.
    private var times: UInt64 = 0

    init(_ work: @escaping @Sendable () async throws -> Outcome) {
        self.work = work
    }

    /// The outcome of work that begins after this call.
    func next() async throws -> Outcome {
        if let waiting { return try await waiting.value }
        times += 1
        let task = Task { [latest, times] in
            _ = await latest?.result
            begin()
            defer { end(times) }
            return try await work()
        }
        waiting = task
        latest = task
        return try await task.value
    }

    private func begin() {
        waiting = nil
    }

    /// Lets go of the outcome, unless it is the next time's that is kept.
    private func end(_ time: UInt64) {
        if time == times { latest = nil }
    }
}
