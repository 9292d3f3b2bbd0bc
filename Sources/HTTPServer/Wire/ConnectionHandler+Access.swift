import NIOCore
import Observability

extension ConnectionHandler {
    /// Takes note of who sent the request whose head has been read. Its credentials are weighed when its turn comes.
    func meet() {
        asker = Asker()
        asker.isHead = reader.head.isHead
        guard let crossOrigin = loop.access.crossOrigin else { return }
        asker.crossOrigin = reader.head.bytes.withUnsafeReadableBytes { bytes in
            crossOrigin.answer(to: reader.head.origin.map { bytes[reader.head.fields[$0].value] })
        }
    }

    /// What a request for the router has to show.
    func routedNeed() -> AccessNeed {
        guard !loop.access.isOpen else {
            return AccessNeed.isPortal(reader.head.text(reader.head.path)) ? .portal : .nothing
        }
        return .of(method: reader.head.text(reader.head.method), path: reader.head.text(reader.head.path))
    }

    /// Why the request is not served: its credentials, or how often they are used. Nil when it may go on.
    func denial(_ need: AccessNeed) -> Problem? {
        let access = loop.access
        // Where everybody may do everything, a browser on the same machine must not do it for a page of another site.
        if access.isOpen, reader.head.origin != nil, asker.crossOrigin?.isAllowed != true { return .foreignOrigin }
        guard !access.isOpen, case .scope(let scope) = need else { return nil }
        let metrics = loop.parts.metrics
        guard let field = reader.head.authorization else {
            metrics.unauthenticated.increment()
            return .noCredentials
        }
        let value = reader.head.fields[field].value
        let shown = reader.head.bytes.withUnsafeReadableBytes { bytes in
            BearerCredentials.token(in: bytes[value]).flatMap(access.grant(of:))
        }
        guard let grant = shown, !reader.head.authorizationRepeats else {
            metrics.unauthenticated.increment()
            return .unknownCredentials
        }
        asker.grant = grant
        guard grant.allows(scope) else {
            metrics.forbidden.increment()
            return .outOfScope(grant.token, scope)
        }
        let now = Self.moment()
        if let wait = grant.requests?.take(1, now: now) { return grant.limitRequests(wait: wait) }
        // Before the body is read: nobody sends in vain what cannot be taken.
        if scope == .ingest, let wait = grant.events?.wait(now: now) { return grant.limitEvents(wait: wait) }
        return nil
    }

    /// Why these events of the ingest request that has been read are not taken now. Nil when they may go on.
    func denial(events: Int) -> Problem? {
        guard let grant = asker.grant, let bucket = grant.events else { return nil }
        return bucket.take(events, now: Self.moment()).map(grant.limitEvents)
    }

    /// Turns the request away. The connection stays when reading and dropping the body is little work; for one whose token
    /// is known that is what it may send, for others what any API request may hold.
    func deny(_ problem: Problem) {
        let isShort =
            switch reader.head.framing {
            case .none: true
            case .length(let length): length <= (problem.status == 429 && isIngest ? limits.body : limits.apiBody)
            case .chunked: false
            }
        // A client that waits for 100 Continue must not be told to send what is refused already.
        guard isShort, !reader.head.expectsContinue else { return refuse(problem) }
        drop(answering: .problem(problem))
    }

    /// Answers once the request's body has been read and dropped.
    func drop(answering outcome: AnswerQueue.Outcome) {
        stage = .dropping(outcome)
    }

    /// The header lines that answer a preflight request, whatever its path and without credentials, which browsers do not
    /// send with it; nil when this is none (https://fetch.spec.whatwg.org/#cors-preflight-request).
    func preflight() -> ByteBuffer? {
        let head = reader.head
        guard head.isOptions, head.origin != nil, head.wantedMethod != nil, let answer = asker.crossOrigin,
            let crossOrigin = loop.access.crossOrigin
        else { return nil }
        return head.bytes.withUnsafeReadableBytes { bytes in
            crossOrigin.preflight(answer, asking: head.wantedFields.map { bytes[head.fields[$0].value] })
        }
    }

    /// Nanoseconds of a clock that never goes back.
    private static func moment() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
}
