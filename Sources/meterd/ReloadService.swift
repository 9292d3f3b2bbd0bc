import Engine
import Foundation
import Logging
import MeterdConfiguration
import ServiceLifecycle
import UnixSignals

/// SIGHUP: meters and reports are read again; a file that cannot be used is refused whole and the old one stays.
struct ReloadService: Service, CustomStringConvertible {
    let file: String
    let running: Configuration
    let engine: EngineService
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
            let stores = try reports.stores(for: next)
            try await engine.reconfigure(next.meterRequests)
            await reports.replace(next, stores: stores)
            if next.server != current.server || next.storage != current.storage || next.log != current.log
                || next.kafka != current.kafka
            {
                logger.warning("server, storage, log and kafka settings take effect at the next start")
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
