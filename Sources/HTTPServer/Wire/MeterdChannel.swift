import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// How a connection is set up: TLS where there is any, our reader and ingest path, then what Hummingbird's router needs to answer the rest.
///
/// It stands where `HTTP1Channel` stands in Hummingbird. `HTTP1Channel.Configuration.additionalChannelHandlers` would put
/// the ingest path behind NIO's HTTP decoder, which makes Strings of every header and accepts framing this server refuses.
struct MeterdChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: HTTPChannelHandler.Responder
    let loops: IngestLoops
    let tls: TLSListener?
    let timeouts: HTTPTimeouts

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let connection = ConnectionHandler(loop: loops.loop(of: channel.eventLoop))
            let pipeline = channel.pipeline.syncOperations
            try tls?.begin(channel, timeouts: timeouts)
            try pipeline.addHandler(connection)
            try pipeline.addHandler(HTTPResponseEncoder())
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
            try pipeline.addHandler(RouterTurn(connection))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
        }
    }

    func handle(value: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: value, logger: logger)
    }
}
