import CloudEvents
import Foundation
import Metering
import ReportDefinitions
import TestServers
import Testing

@testable import Reports

/// Random events with late arrivals, runs in between, some of them killed, against a model that adds up all events anew.
@Suite("Deliveries of random usage", .timeLimit(.minutes(10)))
struct DeliveryPropertyTests {
    private static let days = 30
    private static let meters = ["tokens_total"]
    private static let reports: [Report] = [
        Samples.csvReport(name: "daily", zone: Zone("Europe/Berlin") ?? .utc),
        Samples.csvReport(Samples.telemetry(files: .single), name: "single", zone: Zone("Asia/Kolkata") ?? .utc),
        Samples.focusReport(name: "overwrite"),
        Samples.focusReport(name: "compressed", version: .v1_4, compression: .gzip),
        Samples.focusReport(name: "versions", delivery: .new),
        Samples.report(.anyCost(AnyCostFormat(meters: meters)), name: "anycost"),
        Samples.report(.datadog(DatadogFormat(meters: meters)), name: "datadog"),
        Samples.report(
            .cloudZeroTelemetry(
                CloudZeroTelemetryFormat(meter: meters[0], stream: .allocation(element: "subject"), filters: [])
            ),
            name: "cloudzero"
        ),
        Samples.reconciliation(of: [
            "daily", "single", "overwrite", "compressed", "versions", "anycost", "datadog", "cloudzero",
        ]),
    ]

    /// Reports whose files are the same whenever they are made.
    private static let overwriting = ["daily", "single", "overwrite", "compressed", "anycost", "datadog", "cloudzero"]

    private func runner(_ bench: ReportBench, of report: Report) throws -> ReportRunner {
        let hasParts =
            switch report.format {
            case .csv, .datadog, .reconciliation: false
            case .focus, .anyCost, .cloudZeroTelemetry: true
            }
        return try bench.runner(report, spoolLimit: 500, rowLimit: hasParts ? 3 : nil)
    }

    private func run(_ bench: ReportBench, _ report: Report) async throws {
        do {
            _ = try await runner(bench, of: report).run(report.name)
        } catch let error as ReportError {
            #expect(bench.store.changesLeft == 0, "\(error)")
        }
    }

    /// Sends events and runs reports for two months; returns all events.
    private func live(_ bench: ReportBench, _ random: inout Dice) async throws -> [MeasuredUsage.Event] {
        var events: [MeasuredUsage.Event] = []
        func send(_ event: MeasuredUsage.Event) {
            bench.usage.add(event)
            events.append(event)
        }
        let start = bench.clock.now.microseconds
        for day in 0..<Self.days {
            // Every day of every zone has usage that stays, so no file ever becomes empty.
            for hour in stride(from: 0, to: 24, by: 6) {
                send(try event(at: start + Int64(day * 24 + hour) * 3_600_000_000, "base", "m0", 1))
            }
            for _ in 0..<random.below(12) {
                let late = random.below(3) == 0 ? random.below(day * 24 + 24) : day * 24 + random.below(24)
                let time = start + Int64(late) * 3_600_000_000 + Int64(random.below(3600)) * 1_000_000
                let value = random.below(5) == 0 ? -random.below(2_000) : random.below(2_000)
                send(try event(at: time, "s\(random.below(4))", "m\(random.below(2))", value))
            }
            bench.clock.advance(seconds: 86_400)
            for report in Self.reports where random.below(6) == 0 {
                bench.store.changesLeft = random.below(3) == 0 ? 1 + random.below(6) : nil
                try await run(bench, report)
                bench.store.changesLeft = nil
            }
        }
        // Each day changes once more, so that the last delivery of each has all its events.
        for hour in stride(from: 0, to: Self.days * 24, by: 6) {
            send(try event(at: start + Int64(hour) * 3_600_000_000, "base", "m0", 1))
        }
        bench.clock.advance(seconds: 2 * 86_400)
        for report in Self.reports { try await run(bench, report) }
        return events
    }

    private func event(at time: Int64, _ subject: String, _ model: String, _ value: Int) throws -> MeasuredUsage.Event {
        MeasuredUsage.Event(
            time: Timestamp(microseconds: time),
            subject: subject,
            dimensions: ["model": model],
            value: try ExactDecimal("\(value)")
        )
    }

    @Test(
        "what readers find is what all events add up to, the record tells how it came to that, and another machine writes the same",
        arguments: 1...3
    )
    func readers(seed: Int) async throws {
        var random = Dice(seed: UInt64(seed))
        let bench = try ReportBench(at: "2025-05-20T00:00:00Z")
        let events = try await live(bench, &random)
        for report in Self.reports {
            let model = try Model(events, zone: report.dayZone, firstOpen: report.firstOpenDay(at: bench.clock.now))
            switch report.format {
            case .csv(let format):
                let files = try bench.keys().filter { $0.hasPrefix(report.prefix) }
                #expect(format.files == .daily ? files.count == model.days.count : files.count == 1)
                let rows = try files.flatMap { CSVReader.rows(try #require(try bench.file($0))) }
                let found = rows.map { Model.line($0["date"], $0["subject"], $0["model"], $0["tokens"]) }
                #expect(found == model.lines { $0 > 0 ? "\($0)" : nil })
            case .focus(let format) where format.compression == .none:
                let found = try ["2025-05", "2025-06"].flatMap { try charges(bench, report, month: $0) }
                #expect(found == model.lines { $0 == 0 ? nil : "\(Model.decimal(micro: $0 * 2)) \($0).0" })
            default: break
            }
            if report.dayZone.identifier == "UTC", report.name != "reconciliation" {
                try await checkRecord(bench, report, model)
            }
            #expect(try await runner(bench, of: report).run(report.name).files.isEmpty, "\(report.name)")
        }
        try checkReconciliation(bench, events)
        try await checkOtherMachine(bench, events)
    }

    /// Another machine, which runs at other times, writes the same bytes.
    private func checkOtherMachine(_ bench: ReportBench, _ events: [MeasuredUsage.Event]) async throws {
        let other = try ReportBench(at: "2025-05-20T00:00:00Z")
        for event in events { other.usage.add(event) }
        other.clock.now = Timestamp(microseconds: bench.clock.now.microseconds + 3_600_000_000)
        for report in Self.reports where Self.overwriting.contains(report.name) {
            try await run(other, report)
            let mine = try bench.keys().filter { belongs($0, to: report) }
            #expect(!mine.isEmpty)
            #expect(try other.keys().filter { belongs($0, to: report) } == mine, "\(report.name)")
            for key in mine { #expect(try bench.bytes(key) == other.bytes(key), "\(key)") }
        }
    }

    private func belongs(_ key: String, to report: Report) -> Bool { key.hasPrefix(report.prefix + report.name) }

    /// What a reader who follows a month's manifest finds, and checks its totals.
    private func charges(_ bench: ReportBench, _ report: Report, month: String) throws -> [String] {
        let directory = bench.directory.appending(path: "out")
        let found = try DeliveryReader(report: report, month: month, directory: directory).read()
        guard case .complete(let files) = found else {
            Issue.record("\(report.name) \(month): \(found)")
            return []
        }
        #expect(files.dropLast().allSatisfy { CSVReader.rows(String(decoding: $0, as: UTF8.self)).count == 3 })
        return files.flatMap { CSVReader.rows(String(decoding: $0, as: UTF8.self)) }.map { row in
            let model = row["Tags"].map { String($0.dropFirst(#"{"model":""#.count).dropLast(2)) }
            return Model.line(
                row["ChargePeriodStart"].map { String($0.prefix(10)) },
                row["SubAccountId"],
                model,
                "\(row["BilledCost"] ?? "") \(row["ConsumedQuantity"] ?? "")"
            )
        }
    }

    /// Revisions count up, totals and events chain, and the last ones are the model's.
    private func checkRecord(_ bench: ReportBench, _ report: Report, _ model: Model) async throws {
        let deliveries = try await runner(bench, of: report).deliveries(report: report.name)
        for (period, revisions) in Dictionary(grouping: deliveries, by: \.period) {
            let chain = Array(revisions.reversed())
            #expect(chain.map(\.revision) == Array(1...chain.count))
            #expect(chain.map(\.previousTotals) == [nil] + chain.dropLast().map(\.totals))
            #expect(
                chain.reduce(0) { $0 + ($1.eventsSince ?? 0) } == model.events(of: period),
                "\(report.name) \(period)"
            )
            #expect(chain.last?.events == model.events(of: period))
        }
        let days = try await bench.records().dayDeliveries(reports: [report.name], after: .init(), limit: 10_000)
        for (day, revisions) in Dictionary(grouping: days, by: \.day) {
            #expect(revisions.map(\.revision) == revisions.map(\.revision).sorted())
            #expect(revisions.map(\.previousTotals) == [nil] + revisions.dropLast().map(\.totals))
            #expect(revisions.reduce(0) { $0 + $1.eventsSince } == model.events(of: day.description))
            #expect(revisions.last?.events == model.events(of: day.description))
        }
        #expect(Set(days.map(\.day.description)) == Set(model.days))
    }

    /// An auditor follows each day of a report by the file alone.
    private func checkReconciliation(_ bench: ReportBench, _ events: [MeasuredUsage.Event]) throws {
        let rows = CSVReader.rows(try #require(try bench.file("audit/reconciliation.csv")))
        for report in Self.reports where report.name != "reconciliation" {
            let model = try Model(events, zone: report.dayZone, firstOpen: report.firstOpenDay(at: bench.clock.now))
            let days = Dictionary(grouping: rows.filter { $0["report"] == report.name }) { $0["day"] ?? "" }
            #expect(Set(days.keys) == Set(model.days), "\(report.name)")
            for (day, chain) in days {
                #expect(chain.map { $0["previous_total"] } == [nil] + chain.dropLast().map { $0["total"] })
                #expect(
                    chain.compactMap { $0["events_since"].flatMap { UInt64($0) } }.reduce(0, +) == model.events(of: day)
                )
                let total = try ExactDecimal(chain.last?["total"] ?? "")
                switch report.format {
                case .csv: #expect(total == ExactDecimal(model.total(of: day) { max($0, 0) }))
                // Its records are split by subject alone.
                case .cloudZeroTelemetry: #expect(total > .zero)
                default: #expect(try total == ExactDecimal(Model.decimal(micro: model.total(of: day) { $0 } * 2)))
                }
            }
        }
    }
}
