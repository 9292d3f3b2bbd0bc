import CloudEvents
import Foundation
import Metering
import ReportDefinitions
import Testing

@testable import Reports

/// A month in three states, two rows a file: five files, then three, then four.
private struct Story: Sendable, CustomTestStringConvertible {
    var report: Report
    var testDescription: String { report.name }

    /// A state of the usage.
    enum State: Int, CaseIterable { case first, second, third }

    /// Adds what a state has beyond the one before it.
    func add(_ state: State, to usage: MeasuredUsage) throws {
        switch state {
        case .first:
            for subject in ["a", "b", "c", "d", "e"] {
                for day in ["05", "06"] {
                    try usage.add("2025-06-\(day)T10:00:00Z", subject, "1000", ["model": "m"])
                }
            }
        case .second:
            // Series that used nothing have no row.
            for subject in ["d", "e"] {
                for day in ["05", "06"] {
                    try usage.add("2025-06-\(day)T10:00:00Z", subject, "-1000", ["model": "m"])
                }
            }
            try usage.add("2025-06-05T11:00:00Z", "b", "500", ["model": "m"])
        case .third:
            try usage.add("2025-06-06T12:00:00Z", "f", "700", ["model": "m"])
        }
    }

    /// Two rows a file where a delivery may have several.
    func runner(_ bench: ReportBench) throws -> ReportRunner {
        switch report.format {
        case .csv, .datadog, .reconciliation: try bench.runner(report)
        case .focus, .anyCost, .cloudZeroTelemetry: try bench.runner(report, rowLimit: 2)
        }
    }

    func reader(_ bench: ReportBench) -> DeliveryReader {
        DeliveryReader(report: report, month: "2025-06", directory: bench.directory.appending(path: "out"))
    }

    /// Runs each state without any trouble.
    func calm(_ states: [State]) async throws -> ReportBench {
        let bench = try ReportBench()
        for state in states {
            try add(state, to: bench.usage)
            if state != states.last, states.count == 3, state == .second { continue }
            _ = try await runner(bench).run(report.name)
        }
        return bench
    }

    static let all: [Story] = [
        Story(report: Samples.focusReport(name: "overwrite")),
        Story(report: Samples.focusReport(name: "compressed", compression: .gzip)),
        Story(report: Samples.focusReport(name: "new", delivery: .new)),
        Story(report: Samples.report(.anyCost(AnyCostFormat(meters: ["tokens_total"])), name: "anycost")),
        Story(report: Samples.report(.datadog(DatadogFormat(meters: ["tokens_total"])), name: "datadog")),
        Story(report: Samples.csvReport(name: "csv")),
        Story(
            report: Samples.report(
                .cloudZeroTelemetry(
                    CloudZeroTelemetryFormat(
                        meter: "tokens_total",
                        stream: .allocation(element: "subject"),
                        filters: [.init(name: "custom:Model", dimension: "model")]
                    )
                ),
                name: "cloudzero"
            )
        ),
    ]
}

@Suite("Deliveries that are interrupted", .timeLimit(.minutes(10)))
struct DeliveryCrashTests {
    /// Everything delivered, by key.
    private func contents(_ bench: ReportBench) throws -> [String: [UInt8]] {
        try Dictionary(uniqueKeysWithValues: bench.keys().map { ($0, try bench.bytes($0) ?? []) })
    }

    /// Kills the process after one change of the destination, after two, and so on, until a run needs no more changes than
    /// it may make; `body` looks at each.
    private func killAfterEachChange(
        _ story: Story,
        states: [Story.State],
        watching: @escaping @Sendable (ReportBench) throws -> Void = { _ in },
        body: (ReportBench) async throws -> Void
    ) async throws -> Int {
        for changes in 1...100 {
            let bench = try ReportBench()
            for state in states {
                try story.add(state, to: bench.usage)
                if state == states.last {
                    bench.store.changesLeft = changes
                    bench.store.watch { [unowned bench] _ in try watching(bench) }
                }
                do {
                    _ = try await story.runner(bench).run(story.report.name)
                    if state == states.last { return changes - 1 }
                } catch let error as ReportError {
                    #expect(state == states.last)
                    #expect(error.isPassing, "\(error)")
                    // What the reader found is told as the trouble of a body.
                    #expect(!"\(error)".contains("reader"), "\(error)")
                }
            }
            bench.store.changesLeft = nil
            bench.store.watch(nil)
            try await body(bench)
        }
        Issue.record("a run needs more than 100 changes")
        return 0
    }

    @Test("a first delivery that was killed after any change is completed by the next run", arguments: Story.all)
    fileprivate func first(_ story: Story) async throws {
        let calm = try await story.calm([.first])
        let expected = try contents(calm)
        let complete = try story.reader(calm).read()
        let kills = try await killAfterEachChange(story, states: [.first]) { bench in
            try check(story.reader(bench).read(), among: [.nothing, complete])
        } body: { bench in
            _ = try await story.runner(bench).run(story.report.name)
            #expect(try contents(bench) == expected)
            #expect(
                try await story.runner(bench).deliveries(report: story.report.name).map(\.revision)
                    == calm.records().deliveries(report: story.report.name, limit: 100).map(\.revision)
            )
            #expect(try await story.runner(bench).run(story.report.name).files.isEmpty)
        }
        #expect(kills == calm.store.changes.count)
    }

    @Test(
        "a restatement that was killed after any change is completed by the next run, and a reader finds it or the one before",
        arguments: Story.all
    )
    fileprivate func restatement(_ story: Story) async throws {
        let beginning = try await story.calm([.first])
        let before = try story.reader(beginning).read()
        let calm = try await story.calm([.first, .second])
        let expected = try contents(calm)
        let after = try story.reader(calm).read()
        let wanted = try await story.runner(calm).deliveries(report: story.report.name)
        _ = try await killAfterEachChange(story, states: [.first, .second]) { bench in
            let found = try story.reader(bench).read()
            // Files that are replaced one by one have a moment in which they are not those of the manifest, which says so.
            if case .changed = found, story.replacesFiles { return }
            try check(found, among: [before, after])
        } body: { bench in
            _ = try await story.runner(bench).run(story.report.name)
            #expect(try contents(bench) == expected)
            let deliveries = try await story.runner(bench).deliveries(report: story.report.name)
            #expect(deliveries.map(\.revision) == wanted.map(\.revision))
            #expect(deliveries.map(\.totals) == wanted.map(\.totals))
            #expect(deliveries.map(\.previousTotals) == wanted.map(\.previousTotals))
            #expect(deliveries.map(\.eventsSince) == wanted.map(\.eventsSince))
            #expect(deliveries.map(\.objects) == wanted.map(\.objects))
            bench.store.forgetChanges()
            #expect(try await story.runner(bench).run(story.report.name).files.isEmpty)
            let asked = try await story.runner(bench).run(story.report.name, from: "2025-06-05", to: "2025-06-07")
            #expect(asked.files.allSatisfy { $0.outcome == .unchanged })
            #expect(bench.store.changes.isEmpty)
        }
    }

    @Test(
        "usage that changes after the kill leaves nothing of the killed run but versions that were told, one a number",
        arguments: Story.all
    )
    fileprivate func changedMeanwhile(_ story: Story) async throws {
        let calm = try await story.calm([.first, .second, .third])
        let expected = try contents(calm)
        let after = try story.reader(calm).read()
        _ = try await killAfterEachChange(story, states: [.first, .second]) { bench in
            try story.add(.third, to: bench.usage)
            _ = try await story.runner(bench).run(story.report.name)
            #expect(try story.reader(bench).read() == after)
            let found = try contents(bench)
            let more = found.keys.filter { expected[$0] == nil }
            let versions = Set(
                found.keys.filter { $0.hasSuffix("-Manifest.json") }.map { key in
                    key.split(separator: "/").dropLast().last ?? ""
                }
            )
            #expect(more.allSatisfy { key in versions.contains { key.contains("/\($0)/") } }, "\(more)")
            #expect(Set(versions.map { $0.prefix(4) }).count == versions.count, "\(versions)")
            #expect(found.filter { expected[$0.key] != nil } == expected)
            let deliveries = try await story.runner(bench).deliveries(report: story.report.name)
            let wanted = try await story.runner(calm).deliveries(report: story.report.name)
            #expect(deliveries.first?.totals == wanted.first?.totals)
            for (later, earlier) in zip(deliveries, deliveries.dropFirst()) where later.period == earlier.period {
                #expect(later.previousTotals == earlier.totals)
                #expect(later.revision == earlier.revision + 1)
            }
        }
    }

    @Test(
        "a file of a killed run is not taken for the one before it, though the destination tells of files no more than a size"
    )
    func sameSize() async throws {
        let bench = try ReportBench()
        bench.store.tellsDigests = false
        let report = Samples.csvReport(Samples.telemetry(dimensions: ["subject"]))
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "4")
        _ = try await bench.runner(report).run("tokens")
        let bytes = try bench.bytes("tokens/tokens-2025-06-07.csv")
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "1")
        bench.store.changesLeft = 1
        await #expect(throws: ReportError.self) { try await bench.runner(report).run("tokens") }
        #expect(try bench.bytes("tokens/tokens-2025-06-07.csv") != bytes)
        bench.store.changesLeft = nil
        // Before the next run the total is again what was delivered first.
        try bench.usage.add("2025-06-07T10:00:00Z", "a", "-1")
        #expect(try await bench.runner(report).run("tokens").files.map(\.outcome) == [.written])
        #expect(try bench.bytes("tokens/tokens-2025-06-07.csv") == bytes)
        #expect(try await bench.runner(report).deliveries(report: "tokens").map(\.revision) == [1])
    }

    private struct Surprise: Error, CustomStringConvertible {
        var description: String
    }

    private func check(_ found: DeliveryReader.Found, among allowed: [DeliveryReader.Found]) throws {
        guard !allowed.contains(found) else { return }
        throw Surprise(description: "the reader found something else: \(found)".prefix(200).description)
    }
}

extension Story {
    /// Whether the files of a month keep their keys.
    fileprivate var replacesFiles: Bool {
        if case .focus(let format) = report.format { format.delivery == .overwrite } else { false }
    }
}
