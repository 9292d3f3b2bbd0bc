import CloudEvents
import NIOCore
import NIOHTTP1
import Observability

extension ConnectionHandler {
    /// Does all that can be done now: reads requests, writes answers, sets the clock. Calls from within are no-ops; the
    /// loop below sees what they changed.
    func advance() {
        guard !isAdvancing, context != nil else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        var starved: Bool
        repeat { starved = readRequests() } while writeAnswers()
        if inputEnded, starved { dropIncomplete() }
        if passedOn {
            passedOn = false
            context?.fireChannelReadComplete()
        }
        watch()
        if readHeld, wantsBytes {
            readHeld = false
            context?.read()
        }
    }

    /// Whether the next bytes of the connection can be made use of.
    private var mayReadRequests: Bool {
        switch stage {
        case .head:
            answers.count < limits.pipelined && answers.bytes < limits.unansweredBytes
                && context?.channel.isWritable == true
        case .ingest, .dropping: true
        case .routed(let whole): !whole
        case .waitingTurn, .ended, .lingering, .closed: false
        }
    }

    /// Whether the channel should be read; held back while requests wait, so that the client feels it.
    var wantsBytes: Bool { mayReadRequests || input.readableBytes < Self.readAhead }

    /// True when it stopped for want of bytes.
    private func readRequests() -> Bool {
        while mayReadRequests {
            do throws(FramingFault) {
                switch try reader.next(&input) {
                case .needsMore: return true
                case .head: begin()
                case .body(let piece): take(piece)
                case .end: end()
                }
            } catch {
                fail(error)
            }
        }
        return false
    }

    private func begin() {
        loop.parts.metrics.inFlight.add(1)
        started = .now()
        deadline.restart()
        request = requestID()
        isIngest = reader.head.isPost && reader.head.pathEquals(EventsRoute.path)
        meet()
        // 100 Continue is an answer too: it must not overtake those before it.
        guard answers.isEmpty || isIngest && !reader.head.expectsContinue else {
            stage = .waitingTurn
            return
        }
        isIngest ? beginIngest() : beginRouted()
    }

    /// Begins the request that waited for its turn.
    func takeTurn() {
        isIngest ? beginIngest() : beginRouted()
    }

    private func requestID() -> RequestID {
        guard let field = reader.head.requestID else { return loop.requestIDs.next() }
        let range = reader.head.fields[field].value
        let isSane = reader.head.bytes.withUnsafeReadableBytes { RequestID.isSane($0[range]) }
        return isSane ? .given(reader.head.text(range)) : loop.requestIDs.next()
    }

    private func beginIngest() {
        if let denial = denial(.scope(.ingest)) { return deny(denial) }
        let length: Int
        switch reader.head.framing {
        case .none: return refuse(Problem(status: 411, detail: "a request with events has a Content-Length"))
        case .length(let announced): length = announced
        case .chunked: length = 0
        }
        guard length <= limits.body else { return refuse(.bodyTooLarge(limit: limits.body)) }
        do throws(Problem) {
            stage = .ingest(try loop.metadata(reader.head))
        } catch {
            // A client that waits for 100 Continue must not be told to send what is refused already.
            guard !reader.head.expectsContinue else { return refuse(error) }
            stage = .dropping(.problem(error))
            return
        }
        if input.readableBytes < length, !reserve(length) { return refuse(Self.noMemory) }
        proceed()
    }

    private func beginRouted() {
        if let lines = preflight() { return drop(answering: .preflight(lines)) }
        let need = routedNeed()
        if let denial = denial(need) { return deny(denial) }
        if case .length(let length) = reader.head.framing, length > limits.apiBody {
            return refuse(.bodyTooLarge(limit: limits.apiBody))
        }
        stage = .routed(whole: false)
        let id = loop.requestIDs.text(request)
        pass(.head(RoutedHead.make(reader.head, request: id, asker: asker, need: need)))
        proceed()
    }

    private func proceed() {
        guard reader.head.expectsContinue, input.readableBytes == 0 else { return }
        context?.writeAndFlush(wrapOutboundOut(.byteBuffer(AnswerBytes.proceed)), promise: nil)
    }

    private func pass(_ part: HTTPServerRequestPart) {
        passedOn = true
        context?.fireChannelRead(wrapInboundOut(part))
    }

    private func take(_ piece: ByteBuffer) {
        switch stage {
        case .routed: pass(.body(piece))
        case .ingest: append(piece)
        default: break
        }
    }

    private func append(_ piece: ByteBuffer) {
        var piece = piece
        let length = body.readableBytes + piece.readableBytes
        guard length <= limits.body else { return refuse(.bodyTooLarge(limit: limits.body)) }
        if case .chunked = reader.head.framing, !reserve(piece.readableBytes) { return refuse(Self.noMemory) }
        // The first piece is kept where it was read to: a body that came whole is never copied.
        guard body.readableBytes > 0 else { return body = piece }
        if case .length(let whole) = reader.head.framing { body.reserveCapacity(whole) }
        body.writeBuffer(&piece)
    }

    private func end() {
        switch stage {
        case .ingest(let metadata): endIngest(metadata)
        case .dropping(.problem(let problem)): answer(problem, events: 1)
        case .dropping(let outcome): _ = enqueue(bytes: 0, outcome)
        default:
            stage = .routed(whole: true)
            pass(.end(nil))
        }
    }

    private func endIngest(_ metadata: IngestMetadata) {
        let body = self.body
        releaseBody()
        loop.parts.metrics.requestBytes.increment(by: body.readableBytes)
        do throws(IngestRefusal) {
            let batch = try loop.decoding.decode(body, metadata)
            if let denial = denial(events: batch.count) { return answer(denial, events: batch.count) }
            let slot = enqueue(bytes: body.readableBytes)
            loop.append(batch, connection: id, slot: slot)
        } catch {
            answer(error.problem, events: error.events)
        }
    }

    private func reserve(_ count: Int) -> Bool {
        guard loop.parts.budget.take(count) else { return false }
        reserved += count
        return true
    }

    func releaseBody() {
        body = ByteBuffer()
        if reserved > 0 { loop.parts.budget.give(reserved) }
        reserved = 0
    }

    private static let noMemory = Problem(
        status: 503,
        detail: "too many bodies are being received; send the same events again later",
        headers: [("Retry-After", "1")]
    )
}
