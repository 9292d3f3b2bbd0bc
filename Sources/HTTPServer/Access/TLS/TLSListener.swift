import Logging
import NIOCore
import NIOSSL
import Observability
import Synchronization

/// What new connections of a server with TLS are made with, and the way to exchange it. Connections keep what they were
/// made with.
final class TLSListener: Sendable {
    private struct State {
        var settings: TLSSettings
        var context: NIOSSLContext?
        /// Seconds since 1970-01-01T00:00:00Z.
        var expiry: Int64 = 0
    }

    let metrics: TLSMetrics
    let complaints: TLSComplaints
    private let state: Mutex<State>
    private let logger: Logger
    /// Microseconds since 1970-01-01T00:00:00Z.
    private let now: @Sendable () -> Int64

    init(
        _ settings: TLSSettings,
        registry: MetricsRegistry,
        logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        state = Mutex(State(settings: settings))
        self.logger = logger
        self.now = now
        metrics = TLSMetrics(registry: registry)
        complaints = TLSComplaints(logger: logger, now: now)
        registry.gauge(
            "meterd_tls_certificate_expiry_seconds",
            help: "When the server's certificate ends, in seconds since 1970-01-01T00:00:00Z."
        ) { [weak self] in Double(self?.state.withLock { $0.expiry } ?? 0) }
    }

    /// Reads the files for the first time. A certificate that has expired is complained about and used all the same:
    /// clients decide, and the rest of the daemon runs.
    func load() throws(TLSFault) {
        let settings = state.withLock { $0.settings }
        let certificates = try TLSCertificates(settings)
        let context = try certificates.makeContext()
        if certificates.expiry <= now() / 1_000_000 {
            let fault = TLSFault.expired(path: settings.certificate, since: certificates.expiry)
            logger.error(
                "the server's certificate has expired; clients will refuse it",
                metadata: ["reason": "\(fault)"]
            )
        }
        put(settings, context, certificates.expiry)
    }

    /// Reads the files again, or those of other settings. What was in force stays so when they cannot be used or have
    /// expired already.
    func reload(_ changed: TLSSettings?) throws(TLSFault) {
        let settings = changed ?? state.withLock { $0.settings }
        let certificates = try TLSCertificates(settings)
        let context = try certificates.makeContext()
        guard certificates.expiry > now() / 1_000_000 else {
            throw .expired(path: settings.certificate, since: certificates.expiry)
        }
        put(settings, context, certificates.expiry)
        logger.info(
            "new connections use the certificate that was read now",
            metadata: ["certificate": "\(settings.certificate)"]
        )
    }

    private func put(_ settings: TLSSettings, _ context: NIOSSLContext, _ expiry: Int64) {
        state.withLock { state in
            state.settings = settings
            state.context = context
            state.expiry = expiry
        }
    }

    /// Puts TLS in front of a connection's other handlers. On the connection's event loop, before the others are added.
    func begin(_ channel: any Channel, timeouts: HTTPTimeouts) throws {
        guard let context = state.withLock({ $0.context }) else {
            preconditionFailure("run reads the certificate first")
        }
        let pipeline = channel.pipeline.syncOperations
        let handshake = TLSHandshake(listener: self, timeout: TimeAmount(timeouts.head))
        try pipeline.addHandler(PlainTextGuard(handshake, linger: TimeAmount(timeouts.linger)))
        try pipeline.addHandler(NIOSSLServerHandler(context: context))
        try pipeline.addHandler(handshake)
    }
}

/// How handshakes ended.
struct TLSMetrics: Sendable {
    let completed: Counter
    let failed: Counter
    let plain: Counter

    init(registry: MetricsRegistry) {
        func handshakes(_ outcome: String) -> Counter {
            registry.counter(
                "meterd_tls_handshakes_total",
                help: "TLS handshakes by how they ended: completed, failed, plain (the client spoke no TLS).",
                labels: [("outcome", outcome)]
            )
        }
        completed = handshakes("completed")
        failed = handshakes("failed")
        plain = handshakes("plain")
    }
}

/// Log lines about clients that cannot connect: one of a kind in a while, so that nobody fills the log from outside.
final class TLSComplaints: Sendable {
    private struct Last {
        var moment: Int64
        var unsaid = 0
    }

    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let last = Mutex<[String: Last]>([:])
    /// Microseconds between two lines that say the same.
    private static let pause: Int64 = 10_000_000
    /// Kinds of lines that are told apart; the others count as one kind.
    private static let kinds = 32

    init(logger: Logger, now: @escaping @Sendable () -> Int64) {
        self.logger = logger
        self.now = now
    }

    /// Says what is wrong with a client, unless the same was said just now.
    func say(_ message: Logger.Message, reason: String, client: SocketAddress?) {
        let moment = now()
        let unsaid = last.withLock { last -> Int? in
            let kind = last[reason] != nil || last.count < Self.kinds ? reason : ""
            guard let former = last[kind] else {
                last[kind] = Last(moment: moment)
                return 0
            }
            guard moment - former.moment >= Self.pause else {
                last[kind]?.unsaid += 1
                return nil
            }
            last[kind] = Last(moment: moment)
            return former.unsaid
        }
        guard let unsaid else { return }
        var metadata: Logger.Metadata = ["reason": "\(reason)", "client": "\(client?.ipAddress ?? "unknown")"]
        if unsaid > 0 { metadata["alike"] = "\(unsaid)" }
        logger.notice(message, metadata: metadata)
    }
}
