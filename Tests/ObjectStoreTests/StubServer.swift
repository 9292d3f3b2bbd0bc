import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

@testable import ObjectStore

/// A real HTTP server on loopback that answers as a test says, faults included.
final class StubServer: Sendable {
    struct Request: Sendable {
        var method: String
        /// Percent-encoded, without the query.
        var path: String
        var query: [String: String]
        var headers: HTTPHeaders
        var body: [UInt8]

        subscript(_ header: String) -> String? { headers.first(name: header) }
    }

    enum Answer: Sendable {
        case answer(Int, [(String, String)] = [], String = "")
        /// The head of an answer with more bytes than follow.
        case cut(Int)
        /// No answer at all.
        case hangUp

        static func error(_ status: Int, _ code: String, _ extra: String = "", _ headers: [(String, String)] = [])
            -> Answer
        {
            .answer(
                status,
                headers,
                "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>as the test says</Message>\(extra)</Error>"
            )
        }
    }

    typealias Handler = @Sendable (Request) -> Answer

    private let channel: any Channel
    private let log: RequestLog

    /// Bound to a free port of loopback.
    let port: Int

    var requests: [Request] { log.all }

    private init(channel: any Channel, port: Int, log: RequestLog) {
        self.channel = channel
        self.port = port
        self.log = log
    }

    var origin: String { "http://127.0.0.1:\(port)" }

    /// Runs a test against a server with this handler.
    static func run<Value>(
        _ handler: @escaping Handler,
        _ test: (StubServer) async throws -> Value
    ) async throws -> Value {
        let log = RequestLog()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 64)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(StubHandler(handler, log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = StubServer(channel: channel, port: channel.localAddress?.port ?? 0, log: log)
        do {
            let value = try await test(server)
            try await channel.close()
            return value
        } catch {
            try? await channel.close()
            throw error
        }
    }

    /// Gives one answer after the other, then 599.
    static func script(_ answers: Answer...) -> Handler {
        let rest = Mutex(answers[...])
        return { _ in rest.withLock { $0.popFirst() } ?? .answer(599) }
    }
}

/// What a server was asked, in order.
final class RequestLog: Sendable {
    private let requests = Mutex<[StubServer.Request]>([])
    var all: [StubServer.Request] { requests.withLock { $0 } }
    func add(_ request: StubServer.Request) { requests.withLock { $0.append(request) } }
}

private final class StubHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let handler: StubServer.Handler
    private let log: RequestLog
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ handler: @escaping StubServer.Handler, _ log: RequestLog) {
        self.handler = handler
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let part): body += part.readableBytesView
        case .end:
            guard let head else { return }
            let target = head.uri.split(separator: "?", maxSplits: 1).map(String.init)
            var query: [String: String] = [:]
            for item in target.dropFirst().joined().split(separator: "&") {
                let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                query[PercentEncoding.decode(pair[0])] = pair.count > 1 ? PercentEncoding.decode(pair[1]) : ""
            }
            let request = StubServer.Request(
                method: head.method.rawValue,
                path: target[0],
                query: query,
                headers: head.headers,
                body: body
            )
            log.add(request)
            answer(handler(request), to: head, context)
        }
    }

    private func answer(_ answer: StubServer.Answer, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        switch answer {
        case .hangUp: context.close(promise: nil)
        case .cut(let length):
            let headers = HTTPHeaders([("Content-Length", String(length + 1))])
            context.write(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))),
                promise: nil
            )
            context.writeAndFlush(
                wrapOutboundOut(.body(.byteBuffer(ByteBuffer(repeating: 0x61, count: length)))),
                promise: nil
            )
            context.close(promise: nil)
        case .answer(let status, let fields, let text):
            var headers = HTTPHeaders(fields)
            if headers["Content-Length"].isEmpty { headers.add(name: "Content-Length", value: String(text.utf8.count)) }
            let response = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            if head.method != .HEAD {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
