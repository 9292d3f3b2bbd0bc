import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches the router's answers go by, and tells the connection when one is on the wire.
final class RouterTurn: ChannelOutboundHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connection: ConnectionHandler

    init(_ connection: ConnectionHandler) {
        self.connection = connection
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var response):
            if connection.routedAnswerCloses { response.headerFields[.connection] = "close" }
            for field in connection.asker.crossOrigin?.fields ?? [] { response.headerFields.append(field) }
            context.write(wrapOutboundOut(.head(response)), promise: promise)
        case .end:
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenSuccess { [connection] in connection.routedAnswerEnded() }
            connection.noteRoutedAnswerWritten()
            context.write(data, promise: written)
        default:
            context.write(data, promise: promise)
        }
    }
}
