import Engine
import Logging
import NIOCore
import NIOHTTP1
import Observability

/// One HTTP/1.1 connection: finds the requests in its bytes, answers ingest itself, and passes every other request on to
/// Hummingbird's router.
///
/// Ingest requests may be pipelined: each goes to the engine as soon as it is read, and the answers leave in order. A
/// request for the router waits until the answers before it are on the wire, and no request is begun until the router
/// has answered, so the router's answers need no place in the queue.
///
/// This file holds the state and the channel's events; `+Requests` reads, `+Access` asks who sent them, `+Answers`
/// writes, `ConnectionDeadline` watches the clock.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// What the connection is doing.
    enum Stage {
        /// Between requests, or within a head.
        case head
        /// A request has been found; it waits until the answers before it are on the wire.
        case waitingTurn
        /// Reading the body of an ingest request.
        case ingest(IngestMetadata)
        /// Reading and dropping the body of a request whose answer is known already.
        case dropping(AnswerQueue.Outcome)
        /// The router has the request, whole or so far.
        case routed(whole: Bool)
        /// No more requests are read; the connection closes when the answers are on the wire.
        case ended
        /// The answers are out and the sending side is closed; what still comes is dropped.
        case lingering
        case closed
    }

    let loop: IngestLoop
    let limits: HTTPLimits
    let timeouts: HTTPTimeouts
    var context: ChannelHandlerContext?
    var id: UInt64 = 0

    var stage = Stage.head
    var reader: RequestReader
    var input = ByteBuffer()
    var answers = AnswerQueue()

    /// The request being read or routed.
    var request = RequestID.made(0)
    var started = NIODeadline.now()
    var asker = Asker()
    /// The request is a POST on the events path.
    var isIngest = false
    var body = ByteBuffer()
    /// Bytes taken from the budget for `body`.
    var reserved = 0

    /// The server is stopping, or the client has sent its last byte: the next time nothing is left to do, close.
    var draining = false
    var inputEnded = false
    var isAdvancing = false
    /// Parts were passed on and the end of the read was not yet told.
    var passedOn = false
    var readHeld = false
    /// The router has written all of its answer; the client has yet to take it.
    var routedAnswerWritten = false
    var deadline = ConnectionDeadline()

    /// Bytes read ahead while a request waits for its turn; then the connection is not read.
    static let readAhead = 64 * 1024

    init(loop: IngestLoop) {
        self.loop = loop
        limits = loop.parts.settings.limits
        timeouts = loop.parts.settings.timeouts
        reader = RequestReader(limits: limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        id = loop.add(self)
        advance()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch stage {
        case .ended, .lingering, .closed: return
        default: break
        }
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        advance()
    }

    /// Told after parts are passed on, and only then: a read of ingest requests means nothing to the router.
    func channelReadComplete(context: ChannelHandlerContext) {}

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        context.fireChannelWritabilityChanged()
        advance()
    }

    func read(context: ChannelHandlerContext) {
        if wantsBytes { context.read() } else { readHeld = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            draining = true
            if case .head = stage, answers.isEmpty, input.readableBytes == 0 { abandon() }
        case ChannelEvent.inputClosed:
            draining = true
            inputEnded = true
            if case .lingering = stage { abandon() } else { advance() }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        loop.parts.logger.debug("a connection failed", metadata: ["error": "\(error)"])
        abandon()
    }

    /// Closes at once.
    func abandon() {
        context?.close(promise: nil)
    }

    /// Gives back what the connection holds of the server's; once.
    private func leave() {
        if case .closed = stage { return }
        let unanswered = answers.count + (hasRequest ? 1 : 0)
        if unanswered > 0 { loop.parts.metrics.inFlight.add(-Double(unanswered)) }
        stage = .closed
        releaseBody()
        deadline.cancel()
        loop.remove(id)
    }

    /// A request has begun that is not in the answer queue.
    var hasRequest: Bool {
        switch stage {
        case .waitingTurn, .ingest, .dropping, .routed: true
        case .head, .ended, .lingering, .closed: false
        }
    }
}
