public import AsyncHTTPClient
public import NIOCore

extension HTTPClient {
    /// The client that an ``S3Store`` and the credentials' sources need: it follows no redirect, as the signature holds for
    /// one host only, and tries to connect once, as the store counts its tries itself. TLS checks the server's certificate.
    ///
    /// The caller shuts it down.
    ///
    /// - Parameters:
    ///   - connect: time to make a connection.
    ///   - idle: time without a byte in either direction.
    public static func forObjectStores(
        connect: TimeAmount = .seconds(5),
        idle: TimeAmount = .seconds(30)
    ) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: connect, read: idle, write: idle)
        )
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
