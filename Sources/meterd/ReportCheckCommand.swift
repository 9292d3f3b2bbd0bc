import ArgumentParser
import Foundation
import Logging
import MeterdConfiguration
import Metering
import ObjectStore
import ReportDefinitions
import Reports
import Synchronization

extension ReportCommand {
    /// `meterd report check NAME`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read a report's destination back as its reader would, and say what that one would refuse.",
            discussion: """
                Lists and reads the report's files and changes nothing; neither a running meterd nor its store is \
                asked. Run it when no run of the report is under way: files that come and go meanwhile are told as missing.

                A line each for what is wrong, with the file's key and the line in it, then a summary.

                csv: everything under the report's prefix, as Finout reads it: files that do not belong there, both \
                file patterns at once, columns, dates, positive numbers, one row for each date and metadata over all files, \
                quotes and encoding. focus: each month by its manifest: every data file with its bytes, SHA-256, \
                header, rows and sums, the schema, and no other data beside them. anycost-cbf: the current drops. \
                cloudzero-telemetry, datadog-custom-costs: whether each file is JSON of the vendor's form. \
                reconciliation: its columns and days.

                Exit codes: 0, nothing would be refused. 65, something would. 74, the destination cannot be read. 1, \
                there is no such report. 64, wrong usage. 78, the configuration cannot be used.
                """
        )

        @Argument(help: "The report's name.")
        var name: String
        @Option(help: "The configuration.")
        var config: String

        func run() async throws {
            let configuration = try LoadedConfiguration.load(config)
            let catalog = configuration.reportCatalog
            guard let report = catalog.report(named: name) else {
                complain("\(ReportError.unknownReport(name, known: catalog.reports.map(\.name)))")
                throw ExitStatus.refused
            }
            guard let destination = catalog.destinations[report.destination] else {
                complain("report \(name): there is no destination \(report.destination)")
                throw ExitStatus.configuration
            }
            let result: InspectionResult
            do {
                try Self.checkDirectory(destination)
                result = try await inspect(report, catalog, destination)
            } catch {
                complain("report \(name): destination \(destination.name) cannot be read: \(error)")
                throw ExitStatus.fault
            }
            for line in result.lines(report) { print(line) }
            guard result.isGood else { throw ExitStatus.data }
        }

        /// A directory that is not there, as one that is not mounted, has no files to find anything wrong with.
        private static func checkDirectory(_ destination: Destination) throws {
            guard case .directory(let path) = destination.kind else { return }
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
                throw Missing(description: "there is no directory \(path); the first delivery makes it")
            }
        }

        private struct Missing: Error, CustomStringConvertible {
            var description: String
        }

        private func inspect(
            _ report: Report,
            _ catalog: ReportCatalog,
            _ destination: Destination
        ) async throws -> InspectionResult {
            let stores = DestinationStores(logger: Logger(label: "meterd") { _ in SwiftLogNoOpLogHandler() })
            let outcome: Result<InspectionResult, any Error>
            do {
                guard let store = try stores.stores(for: [destination])[destination.name] else {
                    preconditionFailure("a store for each destination")
                }
                let display = InspectionDisplay()
                let inspection = ReportInspection(report: report, catalog: catalog, store: store)
                outcome = .success(try await inspection.run { display.show($0) })
                display.erase()
            } catch {
                outcome = .failure(error)
            }
            try await stores.close()
            return try outcome.get()
        }
    }
}

/// The bar of an inspection.
private final class InspectionDisplay: Sendable {
    private let state: Mutex<(display: ProgressDisplay, bar: ProgressBar)>
    private let began = ContinuousClock.now

    init() {
        let display = ProgressDisplay()
        let bar = ProgressBar(.bytes, total: nil, product: "row", hasBlocks: display.hasBlocks)
        state = Mutex((display, bar))
    }

    func show(_ progress: InspectionProgress) {
        let now = ContinuousClock.now - began
        state.withLock { state in
            if state.bar.total != progress.bytes { state.bar.begin(total: progress.bytes) }
            state.bar.advance(to: progress.bytesDone, products: progress.rows, at: now)
            state.display.show(state.bar)
        }
    }

    func erase() {
        state.withLock { $0.display.erase() }
    }
}

extension InspectionResult {
    /// For people: a line for each finding, what was not checked, then the sums and the verdict.
    func lines(_ definition: Report) -> [String] {
        findings.map(\.description) + notes.map { "not checked: \($0)" } + [summary(definition)]
    }

    private func summary(_ definition: Report) -> String {
        if files == 0, isGood {
            let place = definition.prefix.isEmpty ? "" : " under \(definition.prefix)"
            return "\(report): there is no file of it\(place) in \(definition.destination), and so nothing to refuse"
        }
        var sums = [
            Quantities.counted(files, "file"), Quantities.counted(rows, "row"), Quantities.counted(bytes, "byte"),
        ]
        if let days { sums.append("\(days.lowerBound) to \(days.upperBound)") }
        return "\(report): \(sums.joined(separator: ", ")); " + verdict(definition.format)
    }

    private func verdict(_ format: Report.Format) -> String {
        guard isGood else {
            let things = Quantities.counted(findings.count, "thing")
            let more = unlisted > 0 ? ", and \(Quantities.grouped(unlisted)) more that are not listed" : ""
            if case .csv = format { return "Finout would refuse \(things)\(more)" }
            return "\(things) \(findings.count == 1 ? "is" : "are") wrong\(more)"
        }
        return switch format {
        case .csv: "Finout would take it all"
        case .focus: "every month is as its manifest says"
        case .anyCost: "every month's drop can be read"
        case .cloudZeroTelemetry, .datadog: "every body is well-formed"
        case .reconciliation: "every line has its columns and a day"
        }
    }
}
