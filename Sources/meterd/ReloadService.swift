import Engine
import Foundation
import HTTPServer
import Logging
import MeterdConfiguration
import ServiceLifecycle
import UnixSignals

/// SIGHUP: meters, reports, access and certificates are read again; a file that cannot be used is refused whole and the old
/// one stays.
struct ReloadService: Service, CustomStringConvertible {
    let file: String
    let running: Configuration
    let engine: EngineService
    let server: HTTPServer
    let reports: ReportRoom
    let logger: Logger

    /// The lifecycle logs services by their description; this one holds the configuration, which is not for the log.
    var description: String { "ReloadService" }

    /// How often to look whether recovery is over.
    private static let recoveryPoll: Duration = .milliseconds(100)

    func run() async throws {
        var current = running
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            // A reload during recovery is done after it, not refused.
            while !engine.health.recovered { try await Task.sleep(for: Self.recoveryPoll) }
            if let next = await reload(current) { current = next }
        }
    }

    private func reload(_ current: Configuration) async -> Configuration? {
        do {
            let next = try Configuration.load(
                file: file,
                environment: ProcessInfo.processInfo.environment
            )
            // Everything that can be refused comes first; what is left to do then cannot fail.
            try next.checkStaysClosed(on: running.server.listen)
            let stores = try reports.stores(for: next)
            let tls = next.server.tls.map(TLSSettings.init)
            if let tls, current.server.tls != nil { try TLSFault.check(tls) }
            try await engine.reconfigure(next.meterRequests)
            await reports.replace(next, stores: stores)
            server.update(access: AccessSettings(next.server.access))
            // The files may be others even where their names are the same.
            if let tls, current.server.tls != nil { try server.reloadTLS(tls) }
            if next.needsRestart(after: current) {
                logger.warning(
                    "these settings take effect at the next start",
                    metadata: ["settings": "kafka, log, server (but tokens, cors, portal and certificates), storage"]
                )
            }
            logger.info(
                "configuration reloaded",
                metadata: ["meters": "\(next.meters.count)", "reports": "\(next.reports.count)"]
            )
            return next
        } catch let problems as ConfigurationErrors {
            for problem in problems.errors { logger.error("configuration refused", metadata: ["error": "\(problem)"]) }
        } catch {
            logger.error("configuration refused", metadata: ["error": "\(error)"])
        }
        logger.error("SIGHUP: the configuration was refused and the old one stays", metadata: ["file": "\(file)"])
        return nil
    }
}

/// A configuration that would open a running server to everybody.
private struct WouldOpen: Error, CustomStringConvertible {
    var listen: ListenAddress

    var description: String {
        "it has no server.tokens, and meterd listens on \(listen) until the next start: write tokens or server.insecure: true"
    }
}

extension Configuration {
    /// A reload does not move the socket: what is open on loopback by the file would be open where meterd listens.
    fileprivate func checkStaysClosed(on listen: ListenAddress) throws(WouldOpen) {
        if server.access.tokens.isEmpty, !server.access.isInsecure, !listen.isLoopback {
            throw WouldOpen(listen: listen)
        }
    }

    /// Whether it differs from the one that runs in something that a reload does not change.
    fileprivate func needsRestart(after running: Configuration) -> Bool {
        var server = server
        server.access.tokens = running.server.access.tokens
        server.access.cors = running.server.access.cors
        server.access.portal = running.server.access.portal
        if server.tls != nil, running.server.tls != nil { server.tls = running.server.tls }
        return server != running.server || storage != running.storage || log != running.log || kafka != running.kafka
    }
}
