import Logging
import NIOCore
import NIOSSL
import NIOTLS
import Observability

/// Stands behind the TLS handler until the handshake has ended: bounds its time, counts it, and says why it failed.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    let listener: TLSListener
    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?
    /// How the handshake ended has been told.
    private var isSettled = false

    init(listener: TLSListener, timeout: TimeAmount) {
        self.listener = listener
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in
            self?.fail(context, reason: "the client took too long")
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            listener.metrics.completed.increment()
            settle()
            context.fireUserInboundEventTriggered(event)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that looks whether the port is open, as load balancers do, is no failure.
        if TLSReason.isEnd(error) { settle() } else { fail(context, reason: TLSReason.sentence(error)) }
        context.fireErrorCaught(error)
    }

    /// There will be no handshake, and this has been told already.
    func settle() {
        isSettled = true
        timer?.cancel()
        timer = nil
    }

    private func fail(_ context: ChannelHandlerContext, reason: String) {
        guard !isSettled else { return }
        settle()
        listener.metrics.failed.increment()
        listener.complaints.say("a TLS handshake failed", reason: reason, client: context.remoteAddress)
    }
}
