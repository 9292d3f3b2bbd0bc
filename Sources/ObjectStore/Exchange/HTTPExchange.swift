import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1

/// One request to a server and its whole answer, within limits of bytes and time.
struct HTTPExchange: Sendable {
    let client: HTTPClient

    /// What is sent. The URL is percent-encoded.
    struct Request: Sendable {
        var method: HTTPMethod
        var url: String
        var headers: [HeaderField]
        var body: ByteBuffer?
    }

    /// What came back.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
        /// `Content-Length`, also of an answer to HEAD.
        var length: Int?
    }

    /// Why there is no answer.
    enum Fault: Error, Sendable {
        /// The connection could not be made, broke or took too long.
        case broken(String)
        /// The answer has more bytes than the limit.
        case tooLarge(size: Int?)
        /// This task was cancelled.
        case cancelled
    }

    /// Sends a request and reads the answer.
    ///
    /// - Parameters:
    ///   - limit: bytes the body of a good answer may have. Others may have ``errorLimit``.
    ///   - timeout: for the whole exchange, first byte to last.
    func send(_ request: Request, limit: Int, timeout: Duration) async throws(Fault) -> Answer {
        let result = await withTaskGroup(of: Result<Answer, Fault>?.self) { group in
            group.addTask { await self.exchange(request, limit) }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if Task.isCancelled { throw .cancelled }
        guard let result else { throw .broken("no whole answer within \(timeout)") }
        return try result.get()
    }

    private func exchange(_ request: Request, _ limit: Int) async -> Result<Answer, Fault> {
        var message = HTTPClientRequest(url: request.url)
        message.method = request.method
        for header in request.headers {
            message.headers.add(name: header.name, value: header.value)
        }
        message.body = request.body.map { .bytes($0) }
        do {
            // The time is limited by the caller of this function, which cancels it; AHC's own limit ends with the answer's head.
            let response = try await client.execute(message, deadline: .distantFuture)
            let status = Int(response.status.code)
            let length = response.headers.first(name: "Content-Length").flatMap { Int($0) }
            let limit = 200..<300 ~= status ? limit : Self.errorLimit
            if request.method != .HEAD, let length, length > limit { return .failure(.tooLarge(size: length)) }
            var body: [UInt8] = []
            for try await part in response.body {
                guard body.count + part.readableBytes <= limit else { return .failure(.tooLarge(size: length)) }
                body += part.readableBytesView
            }
            return .success(Answer(status: status, headers: response.headers, body: body, length: length))
        } catch {
            return .failure(.broken(String(describing: error)))
        }
    }

    /// Bytes that an answer other than 2xx may have.
    static let errorLimit = 1 << 20
}
