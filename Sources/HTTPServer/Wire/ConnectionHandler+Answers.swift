import Engine
import Logging
import NIOCore
import Observability

extension ConnectionHandler {
    /// Puts the request that has just been read into the queue; the connection goes on to the next one, if there may be one.
    func enqueue(bytes: Int, _ outcome: AnswerQueue.Outcome? = nil) -> UInt64 {
        let closes = !reader.head.keepsAlive
        stage = closes ? .ended : .head
        return answers.append(
            request: request,
            isIngest: isIngest,
            asker: asker,
            bytes: bytes,
            started: started,
            closes: closes,
            outcome: outcome
        )
    }

    /// Answers the request that has just been read with a problem; `events` of it are noted as refused.
    func answer(_ problem: Problem, events: Int) {
        note(problem, events: events)
        _ = enqueue(bytes: 0, .problem(problem))
    }

    /// Answers the current request with a problem before it is read; the connection then closes.
    func refuse(_ problem: Problem) {
        note(problem, events: 1)
        close(with: problem, isIngest: isIngest)
    }

    /// The bytes make no request, or not in time: the connection is not to be trusted any further.
    func fail(_ problem: Problem) {
        // What the router has begun to answer cannot be answered here too.
        if case .routed = stage { return abandon() }
        // A fault within a head is of a request that was not counted yet.
        if !hasRequest { loop.parts.metrics.inFlight.add(1) }
        if !hasRequest { request = loop.requestIDs.next() }
        if !hasRequest { started = .now() }
        if !hasRequest { asker = Asker() }
        close(with: problem, isIngest: false)
    }

    /// The bytes make no request.
    func fail(_ fault: FramingFault) {
        fail(Problem(fault))
    }

    private func close(with problem: Problem, isIngest: Bool) {
        releaseBody()
        input.clear()
        stage = .ended
        _ = answers.append(
            request: request,
            isIngest: isIngest,
            asker: asker,
            bytes: 0,
            started: started,
            closes: true,
            outcome: .problem(problem)
        )
    }

    /// Notes refused events: for good when it is their fault, otherwise to be sent again.
    private func note(_ problem: Problem, events: Int) {
        guard isIngest else { return }
        guard problem.status < 500, !problem.isOfAccess else {
            return loop.parts.metrics.refusedEvents.increment(by: events)
        }
        loop.parts.metrics.invalidEvents.increment(by: events)
        loop.parts.metering.reject(count: events, origin: .http)
    }

    /// The engine's answer to a request; `advance` puts it on the wire.
    func complete(_ slot: UInt64, _ result: Result<Void, AppendRefusal>) {
        switch result {
        case .success: answers.complete(slot, .accepted)
        case .failure(let refusal): answers.complete(slot, .problem(Problem(refusal)))
        }
    }

    /// Writes the answers whose turn it is. True when that lets more requests be read.
    func writeAnswers() -> Bool {
        guard let context, let first = answers.takeReady() else { return false }
        var bytes = context.channel.allocator.buffer(capacity: 256)
        var next: (entry: AnswerQueue.Entry, outcome: AnswerQueue.Outcome)? = first
        let now = NIODeadline.now()
        var closes = false
        while let (entry, outcome) = next, !closes {
            closes = entry.closes || draining && answers.isEmpty && readsNoMore
            render(entry, outcome, closes: closes, now: now, into: &bytes)
            next = closes ? nil : answers.takeReady()
        }
        if closes {
            finish(writing: bytes, context)
            return false
        }
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
        if answers.isEmpty, case .waitingTurn = stage { takeTurn() }
        return true
    }

    /// No request has been begun that is not in the queue.
    private var readsNoMore: Bool {
        switch stage {
        case .head, .ended: true
        default: false
        }
    }

    private func render(
        _ entry: AnswerQueue.Entry,
        _ outcome: AnswerQueue.Outcome,
        closes: Bool,
        now: NIODeadline,
        into bytes: inout ByteBuffer
    ) {
        let request = loop.requestIDs.text(entry.request)
        var status = 204
        let date = loop.dateText()
        let lines = entry.asker.crossOrigin?.lines
        switch outcome {
        case .accepted: AnswerBytes.accepted(date: date, request: request, lines: lines, closes: closes, into: &bytes)
        case .preflight(let lines):
            AnswerBytes.accepted(date: date, request: request, lines: lines, closes: closes, into: &bytes)
        case .problem(let problem):
            status = problem.status
            let (head, document) = AnswerBytes.problem(
                problem,
                date: date,
                request: request,
                lines: lines,
                closes: closes
            )
            bytes.writeImmutableBuffer(head)
            // An answer to HEAD has no content, but says how long it would be (RFC 9110 section 9.3.2).
            if !entry.asker.isHead { bytes.writeBytes(document) }
            log(problem, request, entry.asker)
        }
        let metrics = loop.parts.metrics
        metrics.inFlight.add(-1)
        let seconds = Double((now - entry.started).nanoseconds) / 1e9
        if entry.isIngest {
            metrics.ingested(status: status, seconds: seconds)
        } else {
            metrics.answered(route: "none", status: status, seconds: seconds)
        }
    }

    private func log(_ problem: Problem, _ request: String, _ asker: Asker) {
        var metadata: Logger.Metadata = [
            "request": "\(request)", "status": "\(problem.status)", "detail": "\(problem.detail)",
        ]
        if let grant = asker.grant { metadata["token"] = "\(grant.token.name)" }
        loop.parts.logger.log(
            level: problem.status == 500 ? .error : .debug,
            "a request was refused",
            metadata: metadata
        )
    }

    /// The router has written all of its answer.
    func noteRoutedAnswerWritten() {
        routedAnswerWritten = true
        watch()
    }

    /// The router's answer is on the wire.
    func routedAnswerEnded() {
        guard case .routed = stage else { return }
        let closes = routedAnswerCloses
        routedAnswerWritten = false
        loop.parts.metrics.inFlight.add(-1)
        stage = .head
        if closes { linger() }
        advance()
    }

    /// Whether the connection ends with the router's answer: because the client or the server wants it, or because the
    /// router answered before it had the whole request.
    var routedAnswerCloses: Bool {
        guard case .routed(let whole) = stage else { return true }
        return !whole || !reader.head.keepsAlive || draining
    }

    private func finish(writing bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        stage = .ended
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(bytes)), promise: written)
        written.futureResult.assumeIsolated().whenSuccess { self.linger() }
    }

    /// Closes the sending side and drops what still comes for a while. Closing both at once while bytes of the client are
    /// unread would reset the connection, and the answer could be lost with it (RFC 9112 section 9.6).
    func linger() {
        if case .closed = stage { return }
        stage = .lingering
        input.clear()
        guard !inputEnded else { return abandon() }
        context?.close(mode: .output, promise: nil)
        watch()
    }

    /// The client has closed its side in the middle of a request: that request is not answered, those before it are.
    func dropIncomplete() {
        if case .routed = stage { return abandon() }
        if hasRequest { loop.parts.metrics.inFlight.add(-1) }
        releaseBody()
        stage = .ended
        if answers.isEmpty { abandon() }
    }
}
