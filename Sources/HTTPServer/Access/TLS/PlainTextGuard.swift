import Logging
import NIOCore
import Observability

/// Stands before the TLS handler for a connection's first byte. A client that speaks HTTP without TLS is told so in HTTP,
/// since an answer in TLS would tell it nothing.
final class PlainTextGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let handshake: TLSHandshake
    private let linger: TimeAmount
    /// The answer is out; what still comes is dropped.
    private var hasAnswered = false

    init(_ handshake: TLSHandshake, linger: TimeAmount) {
        self.handshake = handshake
        self.linger = linger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAnswered else { return }
        let bytes = unwrapInboundIn(data)
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return }
        // Methods begin with a letter, TLS with the type of its first record: 22, a handshake (RFC 8446 section 5.1).
        if (first | 0x20) &- UInt8(ascii: "a") < 26 {
            refuse(context)
        } else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if hasAnswered, case .inputClosed = event as? ChannelEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        hasAnswered = true
        handshake.settle()
        let listener = handshake.listener
        listener.metrics.plain.increment()
        listener.complaints.say(
            "a client spoke plain HTTP to the port for TLS",
            reason: "its URL begins with http:// and must begin with https://",
            client: context.remoteAddress
        )
        let problem = Problem(status: 400, detail: "this port speaks TLS: the URL must begin with https://")
        let document = problem.document(request: "none")
        var answer = ByteBuffer()
        answer.writeString("HTTP/1.1 400 Bad Request\r\nContent-Type: \(Problem.contentType)\r\n")
        answer.writeString("Content-Length: \(document.count)\r\nConnection: close\r\n\r\n")
        answer.writeBytes(document)
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        // The sending side first: unread bytes of the client would make a reset of it, and lose the answer.
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: linger) { context.close(promise: nil) }
    }
}
