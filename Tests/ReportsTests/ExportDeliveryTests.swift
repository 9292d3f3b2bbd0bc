import Foundation
import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("Deliveries of several files")
struct ExportDeliveryTests {
    private static let data = "cost/focus/data/BILLING_PERIOD=2025-06/"
    private static let metadata = "cost/focus/metadata/BILLING_PERIOD=2025-06/"
    private static let manifest = metadata + "focus-Manifest.json"

    private func reader(_ bench: ReportBench, _ report: Report) -> DeliveryReader {
        DeliveryReader(report: report, month: "2025-06", directory: bench.directory.appending(path: "out"))
    }

    private func add(_ subjects: String..., to bench: ReportBench, value: String = "1000") throws {
        for subject in subjects { try bench.usage.add("2025-06-07T10:00:00Z", subject, value, ["model": "m"]) }
    }

    private func put(_ text: String, as key: String, in bench: ReportBench) throws {
        let url = bench.directory.appending(path: "out").appending(path: key)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: url)
    }

    @Test("the manifest comes last, and data files that it does not name any more go after it")
    func order() async throws {
        let bench = try ReportBench()
        let runner = try bench.runner(Samples.focusReport(), rowLimit: 1)
        try add("a", "b", "c", to: bench)
        let schema = try #require(
            try await runner.run("focus").files.first { $0.key.contains("schemas") }
        ).key
        let parts = (1...3).map { Self.data + "focus-0000\($0).csv" }
        #expect(bench.store.puts == parts + [schema, "cost/focus/metadata/data_generator.json", Self.manifest])
        bench.store.forgetChanges()
        try add("b", "c", to: bench, value: "-1000")
        _ = try await runner.run("focus")
        // The first file has the bytes it had, and so has what describes the columns.
        #expect(bench.store.changes == [.put(Self.manifest), .delete(parts[1]), .delete(parts[2])])
        #expect(try await runner.deliveries(report: "focus")[0].objects.map(\.key).prefix(2) == [parts[0], schema])
    }

    @Test(
        "a month whose bytes stay the same is not written again, whatever was counted",
        arguments: FocusFormat.Delivery.allCases
    )
    func sameBytes(_ delivery: FocusFormat.Delivery) async throws {
        let bench = try ReportBench()
        let report = Samples.focusReport(delivery: delivery)
        try add("a", to: bench)
        _ = try await bench.runner(report).run("focus")
        bench.store.forgetChanges()
        try add("b", to: bench, value: "0")
        let again = try await bench.runner(report).run("focus")
        #expect(again.files.allSatisfy { $0.outcome == .unchanged })
        let asked = try await bench.runner(report).run("focus", from: "2025-06-01", to: "2025-06-02")
        #expect(asked.files.allSatisfy { $0.outcome == .unchanged })
        #expect(bench.store.changes.isEmpty)
        #expect(try await bench.runner(report).deliveries(report: "focus").map(\.revision) == [1])
    }

    @Test("with delivery new each restatement has a folder of its own, and the manifest leads to the latest")
    func versions() async throws {
        let bench = try ReportBench()
        let report = Samples.focusReport(delivery: .new)
        let runner = try bench.runner(report)
        var found: [DeliveryReader.Found] = []
        for subject in ["a", "b", "c"] {
            try add(subject, to: bench)
            _ = try await runner.run("focus")
            found.append(try reader(bench, report).read())
        }
        #expect(!bench.store.changes.contains { if case .delete = $0 { true } else { false } })
        let files = try bench.keys().filter { $0.hasPrefix(Self.data) }
        #expect(files.map { $0.dropFirst(Self.data.count).prefix(5) } == ["0001-", "0002-", "0003-"])
        #expect(try files.map { .complete([try #require(try bench.bytes($0))]) } == found)
        let manifests = try bench.keys().filter { $0.hasPrefix(Self.metadata) && $0 != Self.manifest }
        #expect(manifests.count == 3)
        #expect(try bench.bytes(manifests[2]) == bench.bytes(Self.manifest))
        let deliveries = try await runner.deliveries(report: "focus")
        #expect(deliveries.map { $0.objects[0].key } == files.reversed())
    }

    @Test("a data file that is gone or was replaced is put again in its version, as the same revision")
    func repaired() async throws {
        let bench = try ReportBench()
        for report in [Samples.focusReport(), Samples.focusReport(name: "versions", delivery: .new)] {
            let runner = try bench.runner(report, rowLimit: 1)
            try add("a", "b", to: bench)
            _ = try await runner.run(report.name)
            let keys = try await runner.deliveries(report: report.name)[0].objects.map(\.key)
            let bytes = try keys.map { try bench.bytes($0) }
            for key in keys {
                let url = bench.directory.appending(path: "out").appending(path: key)
                for foreign in [nil, Data("foreign".utf8)] {
                    if let foreign { try foreign.write(to: url) } else { try FileManager.default.removeItem(at: url) }
                    bench.store.forgetChanges()
                    _ = try await runner.run(report.name, from: "2025-06-07", to: "2025-06-08")
                    #expect(bench.store.changes == [.put(key)])
                    #expect(try keys.map { try bench.bytes($0) } == bytes)
                }
            }
            #expect(try await runner.deliveries(report: report.name).map(\.revision) == [1])
        }
    }

    @Test("what others put into a month's folder stays, and so does a version when files are replaced from now on")
    func foreign() async throws {
        let bench = try ReportBench()
        try add("a", to: bench)
        _ = try await bench.runner(Samples.focusReport(delivery: .new)).run("focus")
        let version = try bench.keys().filter { $0.hasPrefix(Self.data) }
        let stray = [Self.data + "notes.txt", Self.data + "0007-00112233aabb/readme"]
        for key in stray { try put("x", as: key, in: bench) }
        let leftover = Self.data + "0007-00112233aabb/focus-00001.csv"
        try put("x", as: leftover, in: bench)
        let result = try await bench.runner(Samples.focusReport()).run("focus")
        #expect(result.files.contains { $0.key == Self.data + "focus-00001.csv" && $0.outcome == .written })
        #expect(
            try Set(bench.keys().filter { $0.hasPrefix(Self.data) })
                == Set(version + stray + [Self.data + "focus-00001.csv"])
        )
        // Another place is another delivery, though the rows are the same.
        let deliveries = try await bench.runner(Samples.focusReport()).deliveries(report: "focus")
        #expect(deliveries.map(\.revision) == [2, 1])
        // And back again: the file that was replaced is named by no manifest any more.
        _ = try await bench.runner(Samples.focusReport(delivery: .new)).run("focus")
        #expect(try !bench.keys().contains(Self.data + "focus-00001.csv"))
    }

    @Test("a month that lost its rows is delivered without any, one that never had any is not delivered")
    func empty() async throws {
        for (report, name) in [
            (Samples.focusReport(), "focus"),
            (Samples.report(.anyCost(AnyCostFormat(meters: ["tokens_total"])), name: "anycost"), "anycost"),
        ] {
            let bench = try ReportBench()
            let runner = try bench.runner(report)
            try add("a", to: bench, value: "0")
            #expect(try await runner.run(name).files.map(\.outcome) == [.empty])
            #expect(try bench.keys().isEmpty)
            try add("a", to: bench)
            _ = try await runner.run(name)
            guard case .complete(let files) = try reader(bench, report).read() else {
                Issue.record("\(name) is not complete")
                continue
            }
            try add("a", to: bench, value: "-1000")
            _ = try await runner.run(name)
            guard case .complete(let emptied) = try reader(bench, report).read() else {
                Issue.record("\(name) is not complete")
                continue
            }
            #expect(emptied.count == 1)
            #expect(emptied[0].count < files[0].count)
            #expect(try await runner.deliveries(report: name).map(\.rows) == [0, 1])
        }
    }

    @Test("a drop that has taken another one's place is the only one left")
    func drops() async throws {
        let bench = try ReportBench()
        let report = Samples.report(.anyCost(AnyCostFormat(meters: ["tokens_total"])), name: "anycost")
        let runner = try bench.runner(report)
        for subject in ["a", "b"] {
            try add(subject, to: bench)
            _ = try await runner.run("anycost")
        }
        let folder = "cost/anycost/20250601-20250701/"
        let deliveries = try await runner.deliveries(report: "anycost")
        #expect(try bench.keys() == deliveries[0].objects.map(\.key).sorted())
        #expect(deliveries[0].objects.map(\.key).last == folder + "manifest.json")
        #expect(deliveries[0].objects[0].key != deliveries[1].objects[0].key)
        #expect(bench.store.changes.last == .delete(deliveries[1].objects[0].key))
    }

    @Test("where listing is not allowed months are delivered, and the run says what is left to do until it is")
    func deniesList() async throws {
        let bench = try ReportBench()
        let report = Samples.focusReport()
        try bench.usage.add("2025-05-07T10:00:00Z", "a", "1000")
        try add("a", "b", to: bench)
        let leftover = Self.data + "focus-00002.csv"
        try put("x", as: leftover, in: bench)
        bench.store.trouble = .deniesList
        for run in 1...2 {
            let error = try await #require(throws: ReportError.self) { try await bench.runner(report).run("focus") }
            #expect(!error.isPassing)
            #expect("\(error)".contains("ListObjectsV2"))
            #expect("\(error)".contains(Self.data))
            #expect(
                try reader(bench, report).read()
                    == .complete([#require(try bench.bytes(Self.data + "focus-00001.csv"))])
            )
            #expect(try await bench.runner(report).deliveries(report: "focus").map(\.revision) == [1, 1], "\(run)")
            #expect(bench.store.puts.count == 6)
        }
        bench.store.trouble = .none
        _ = try await bench.runner(report).run("focus")
        #expect(bench.store.puts.count == 6)
        #expect(bench.store.changes.last == .delete(leftover))
        #expect(try await bench.runner(report).run("focus").files.isEmpty)
    }

    @Test("a schema that many months share is looked at once a run and put once")
    func shared() async throws {
        let bench = try ReportBench()
        for month in 1...5 { try bench.usage.add("2025-0\(month)-07T10:00:00Z", "a", "1000") }
        let runner = try bench.runner(Samples.focusReport())
        let result = try await runner.run("focus")
        #expect(result.files.count { $0.key.contains("/schemas/") } == 1)
        #expect(bench.store.puts.count == 5 * 2 + 2)
        #expect(try await runner.deliveries(report: "focus").allSatisfy { $0.objects.count == 4 })
    }

    @Test("CloudZero's telemetry is cut into files of five million bytes, the first one put last")
    func telemetryParts() async throws {
        let bench = try ReportBench()
        let long = String(repeating: "s", count: 40_000)
        for number in 100..<250 { try add("\(number)\(long)", to: bench) }
        let format = CloudZeroTelemetryFormat(
            meter: "tokens_total",
            stream: .allocation(element: "subject"),
            filters: []
        )
        let runner = try bench.runner(Samples.report(.cloudZeroTelemetry(format), name: "cz"))
        let result = try await runner.run("cz")
        #expect(bench.store.puts == ["cost/cz-2025-06-07-00002.json", "cost/cz-2025-06-07.json"])
        #expect(result.rows == 150)
        for key in bench.store.puts {
            let bytes = try #require(try bench.bytes(key))
            #expect(bytes.count <= 5_000_000)
            #expect((try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])?["records"] != nil)
        }
        for number in 150..<250 { try add("\(number)\(long)", to: bench, value: "-1000") }
        _ = try await runner.run("cz")
        #expect(try bench.keys() == ["cost/cz-2025-06-07.json"])
    }
}
