import Synchronization

/// Which meters are to be counted from the log, one at a time, and how far that is.
final class RefillSchedule: Sendable {
    private struct State {
        var waiting: [RefillTicket] = []
        var running: RefillTicket?
        var isStopped = false
    }

    private let state = Mutex(State())
    private let signal = WorkSignal()

    /// Whether the log is needed as it is.
    var isBusy: Bool { state.withLock { $0.running != nil || !$0.waiting.isEmpty } }

    /// Queues a meter; once is enough.
    func add(_ meter: Int32) {
        state.withLock { state in
            guard state.running?.meter != meter, !state.waiting.contains(where: { $0.meter == meter }) else { return }
            state.waiting.append(RefillTicket(meter: meter))
        }
        signal.raise()
    }

    /// Waits for the next meter; nil once stopped.
    func next() -> RefillTicket? {
        while true {
            let (ticket, isStopped) = state.withLock { state -> (RefillTicket?, Bool) in
                state.running = nil
                if state.isStopped { return (nil, true) }
                guard !state.waiting.isEmpty else { return (nil, false) }
                state.running = state.waiting.removeFirst()
                return (state.running, false)
            }
            if ticket != nil || isStopped { return ticket }
            signal.wait()
        }
    }

    /// Gives up what is not among these meters any more.
    func keep(only meters: Set<Int32>) {
        let running = state.withLock { state in
            state.waiting.removeAll { !meters.contains($0.meter) }
            return state.running
        }
        if let running, !meters.contains(running.meter) { running.end() }
    }

    /// The count under way goes on under another number.
    func restart(as meter: Int32) -> RefillTicket {
        let ticket = RefillTicket(meter: meter)
        let isStopped = state.withLock { state in
            state.running = ticket
            return state.isStopped
        }
        if isStopped { ticket.end() }
        return ticket
    }

    /// How far a meter's count is; nil when it is not under way.
    func progress(of meter: Int32) -> BackfillProgress? {
        state.withLock { state in
            if let running = state.running, running.meter == meter { return running.progress }
            return state.waiting.first { $0.meter == meter }?.progress
        }
    }

    /// Nothing goes on after this; what was under way begins anew at the next start.
    func stop() {
        let running = state.withLock { state in
            state.isStopped = true
            return state.running
        }
        running?.end()
        signal.raise()
    }
}

/// One count of a meter from the log.
final class RefillTicket: Sendable {
    private struct State {
        var isOver = false
        var progress = BackfillProgress(state: .running, done: 0, total: 0, fromSequence: 0)
    }

    /// The number of the meter that is filled.
    let meter: Int32
    private let state = Mutex(State())

    init(meter: Int32) { self.meter = meter }

    /// Whether it was given up.
    var isOver: Bool { state.withLock { $0.isOver } }

    var progress: BackfillProgress { state.withLock { $0.progress } }

    /// Gives it up.
    func end() { state.withLock { $0.isOver = true } }

    func note(done: UInt64, total: UInt64, from: UInt64) {
        state.withLock { state in
            state.progress.done = min(done, total)
            state.progress.total = total
            state.progress.fromSequence = from
        }
    }
}

/// Why a count from the log ended before it was adopted.
enum RefillEnd: Error {
    /// It was given up: the meter is deleted, or the engine stops.
    case over
    /// Something happened to events it had taken over from older totals: it has to begin anew.
    case again
    /// It cannot be done; the text says why and what to do.
    case failed(String)
}
