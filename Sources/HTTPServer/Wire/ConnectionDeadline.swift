import NIOCore

/// The clock of one connection: what it waits for, until when, and a timer that is set again only when it rings, so that a
/// busy connection pays nothing for its deadlines.
struct ConnectionDeadline {
    /// What the connection waits for.
    enum Wait: Hashable {
        case head, body, idle, answer, linger
    }

    /// What it waits for now; nil while it is the server's turn.
    private(set) var wait: Wait?
    private var due = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    private var timerDue = NIODeadline.distantFuture

    /// The next wait begins anew, though it may be of the same kind.
    mutating func restart() {
        wait = nil
    }

    mutating func cancel() {
        wait = nil
        timer?.cancel()
        timer = nil
    }

    /// Begins to wait, or goes on waiting for the same; an idle connection's time begins anew with each call.
    /// Returns when the timer has to ring, if it is not set early enough.
    mutating func set(_ wait: Wait?, _ timeout: Duration) -> NIODeadline? {
        guard wait != self.wait || wait == .idle else { return nil }
        self.wait = wait
        guard wait != nil else { return nil }
        due = .now() + TimeAmount(timeout)
        return timer == nil || due < timerDue ? due : nil
    }

    /// Keeps the timer that was set.
    mutating func keep(_ timer: Scheduled<Void>, due: NIODeadline) {
        self.timer?.cancel()
        self.timer = timer
        timerDue = due
    }

    /// The timer rang: what is waited for if its time is up, or when to ring again.
    mutating func rang() -> (expired: Wait?, next: NIODeadline?) {
        timer = nil
        guard let wait else { return (nil, nil) }
        guard due <= .now() else { return (nil, due) }
        self.wait = nil
        return (wait, nil)
    }
}

extension ConnectionHandler {
    /// Sets the clock for what the connection waits for now.
    func watch() {
        let (wait, timeout): (ConnectionDeadline.Wait?, Duration) =
            switch stage {
            case .head where input.readableBytes > 0 && wantsHead: (.head, timeouts.head)
            case .head where answers.isEmpty: (.idle, timeouts.idle)
            case .routed where routedAnswerWritten: (.answer, timeouts.answer)
            // A long answer waits for the client in the middle: it begins anew with each part that is taken.
            case .routed where context?.channel.isWritable == false: (.answer, timeouts.answer)
            case .ingest, .dropping, .routed(whole: false): (.body, timeouts.body)
            case .ended where answers.isEmpty: (.answer, timeouts.answer)
            case .lingering: (.linger, timeouts.linger)
            default: (nil, .zero)
            }
        if let due = deadline.set(wait, timeout) { setTimer(due) }
    }

    private func setTimer(_ due: NIODeadline) {
        let timer = loop.eventLoop.assumeIsolated().scheduleTask(deadline: due) { [weak self] () -> Void in self?.ring()
        }
        deadline.keep(timer, due: due)
    }

    /// The rest of a head is for the client to send; not while the connection is held back.
    private var wantsHead: Bool {
        answers.count < limits.pipelined && answers.bytes < limits.unansweredBytes
    }

    private func ring() {
        let (expired, next) = deadline.rang()
        if let next { setTimer(next) }
        switch expired {
        case .head: expire(Problem(status: 408, detail: "the header section took too long"))
        case .body: expire(Problem(status: 408, detail: "the body took too long"))
        case .idle, .answer, .linger: abandon()
        case nil: break
        }
    }

    private func expire(_ problem: Problem) {
        fail(problem)
        advance()
    }
}
