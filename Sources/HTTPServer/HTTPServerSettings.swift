/// Where the server listens, and what it allows.
public struct HTTPServerSettings: Sendable, Hashable {
    /// The address to bind: a name or an IP address.
    public var host: String
    /// The port to bind; 0 lets the system choose one.
    public var port: Int
    /// Sizes and counts.
    public var limits: HTTPLimits
    /// Times.
    public var timeouts: HTTPTimeouts
    /// Seconds without progress of apply, while there is work for it, after which readiness is red.
    public var applyStallLimit: Double
    /// Series on the page `/metrics/usage`, all meters together; 0 switches the page off.
    public var usageSeriesLimit: Int
    /// Who may do what.
    public var access: AccessSettings
    /// The certificate; nil to speak HTTP without TLS.
    public var tls: TLSSettings?

    /// Makes settings.
    public init(
        host: String = "127.0.0.1",
        port: Int = 8888,
        limits: HTTPLimits = HTTPLimits(),
        timeouts: HTTPTimeouts = HTTPTimeouts(),
        applyStallLimit: Double = 30,
        usageSeriesLimit: Int = 10_000,
        access: AccessSettings = AccessSettings(),
        tls: TLSSettings? = nil
    ) {
        self.host = host
        self.port = port
        self.limits = limits
        self.timeouts = timeouts
        self.applyStallLimit = applyStallLimit
        self.usageSeriesLimit = usageSeriesLimit
        self.access = access
        self.tls = tls
    }
}

/// Sizes in bytes and counts that bound what clients can make the server hold.
public struct HTTPLimits: Sendable, Hashable {
    /// Bytes of an ingest body, compressed or not, and of what it decompresses to.
    public var body = 8 * 1024 * 1024
    /// Bytes of partly received ingest bodies, all connections together.
    public var bufferedBodies = 256 * 1024 * 1024
    /// Bytes of the body of any other request: room for a correction whose replacement is a large event.
    public var apiBody = 384 * 1024
    /// Bytes of the request line.
    public var requestLine = 8 * 1024
    /// Bytes of the request line and the header section together.
    public var head = 64 * 1024
    /// Header fields of a request.
    public var fields = 128
    /// Bytes of all chunk extensions of a request (RFC 9112 section 7.1.1), and of its trailer section.
    public var chunkExtensions = 4 * 1024
    /// Ingest requests of one connection that wait for their answer; then the connection is not read.
    public var pipelined = 64
    /// Bytes of ingest bodies of one connection that wait for their answer; then the connection is not read.
    public var unansweredBytes = 1024 * 1024
    /// Pages of reports that are made or sent at a time, since each may be a large file on the disk; then 503.
    public var reportPages = 8
    /// Open connections; more wait in the system's accept queue.
    public var connections = 4096

    /// The defaults.
    public init() {}
}

/// How long clients may take.
public struct HTTPTimeouts: Sendable, Hashable {
    /// From a request's first byte to the end of its header section.
    public var head: Duration = .seconds(10)
    /// From the end of the header section to the end of the body.
    public var body: Duration = .seconds(60)
    /// Between requests.
    public var idle: Duration = .seconds(75)
    /// To take an answer off the wire once it is written, or the part of a long one that the rest waits for.
    public var answer: Duration = .seconds(60)
    /// After the last answer, while the rest of what a client sends is read and dropped so that it sees the answer.
    public var linger: Duration = .seconds(2)
    /// For running requests once the server is asked to stop; then connections are closed.
    public var shutdown: Duration = .seconds(10)

    /// The defaults.
    public init() {}
}
