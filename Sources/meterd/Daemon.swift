import ArgumentParser
import AsyncHTTPClient
import Engine
import Foundation
import HTTPServer
import KafkaIngest
import Logging
import MeterdConfiguration
import ObjectStore
import Observability
import ReportDefinitions
import Reports
import ServiceLifecycle
import UnixSignals

/// The whole of meterd, wired together for `meterd serve`.
struct Daemon {
    let file: String
    let configuration: Configuration

    /// Runs until a signal ends it; returns after an orderly stop.
    func run() async throws {
        // Whoever reads the log may go away; that is no reason to end. Until the services listen for SIGHUP it means nothing
        // yet: the configuration has just been read.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        let logger = makeLogger()
        logger.info("meterd starts", metadata: ["version": "\(Version.text)", "configuration": "\(file)"])
        let registry = MetricsRegistry()
        let engine = EngineService(configuration: configuration, registry: registry, logger: logger)
        let reports: ReportRoom
        do {
            reports = try ReportRoom(configuration: configuration, usage: engine, registry: registry, logger: logger)
        } catch {
            logger.critical("meterd cannot start", metadata: ["error": "\(error)"])
            throw ExitStatus.fault
        }
        let kafka = KafkaService(configuration.kafka, engine: engine, registry: registry, logger: logger)
        let server = HTTPServer(
            settings: HTTPServerSettings(configuration.server),
            metering: engine,
            reports: reports,
            readiness: [kafka],
            registry: registry,
            logger: logger,
            onListening: { [listen = configuration.server.listen] port in
                let address = ListenAddress(host: listen.host, port: port)
                logger.info("meterd listens", metadata: ["address": "\(address)"])
            }
        )
        let reload = ReloadService(
            file: file,
            running: configuration,
            engine: engine,
            server: server,
            reports: reports,
            logger: logger
        )
        // Services stop in the reverse order: first no more reports start, then no more requests and messages come, then
        // the engine drains and makes its checkpoint.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: engine, failureTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: kafka, failureTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: server, failureTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: reports, failureTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: reload, failureTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch {
            logger.critical(
                "meterd stops",
                metadata: ["error": "\(error)", "listen": "\(configuration.server.listen)"]
            )
            try? await reports.close()
            throw exitStatus(of: error)
        }
        try? await reports.close()
        logger.info("meterd has stopped")
    }

    private func exitStatus(of error: any Error) -> ExitCode {
        switch error {
        case let error as EngineError: error.exitStatus
        case is KafkaError, is TLSFault: ExitStatus.configuration
        default: ExitStatus.fault
        }
    }

    private func makeLogger() -> Logger {
        let format: LogFormat = configuration.log.format == .json ? .json : .text
        let level = Logger.Level(rawValue: configuration.log.level.rawValue) ?? .info
        LoggingSystem.bootstrap { LineLogHandler(label: $0, format: format, level: level) }
        return Logger(label: "meterd")
    }
}
