import Charges
import CloudEvents
import Metering
import ReportDefinitions
import TestServers
import Testing

@testable import ReportFormats

@Suite("Telemetry CSV")
struct TelemetryCSVTests {
    private static let day = "2025-06-07"

    /// Usage of a meter on one day: subject, model, value.
    private func file(
        _ format: TelemetryFormat,
        _ rows: [(String, [String: String], String)],
        day: String = day
    ) async throws -> ReportFile {
        let usage = try ListedUsage(rows.map { (format.meter, day, $0, $2, $1) })
        return try await ReportFile.make(Samples.report(.csv(format)), try Samples.catalog(), usage, days: [day])
    }

    private func model(_ name: String) -> [String: String] { ["model": name] }

    @Test("a file is, byte by byte, the committed one: every field quoted, rows sorted, texts of all kinds kept")
    func golden() async throws {
        let rows = [
            ("zeta", model("m"), "1"), ("Zeta", model("m"), "12.12"), ("a,b", model("say \"hi\""), "0.000000001"),
            ("two\nlines\r\n", model("tab\t"), "3"), ("Größe 数量 \u{1F9EE}", model("é"), "4.5"),
            ("", model(""), "12345678901234567890"), ("a", model("b"), "-0.5"), ("a", model("c"), "0"),
            ("a", model("\u{FF}"), "5"), ("a", model("z"), "6"), ("=1+1", model(" x "), "7"),
        ]
        let file = try await file(Samples.telemetry(), rows.shuffled())
        #expect(file.text == (try Fixture.text("telemetry.csv")))
    }

    @Test("the example of the format's readers comes out as it is written there")
    func example() async throws {
        var format = Samples.telemetry(meter: "bytes_total", dimensions: ["teamname"])
        format.metricColumn = "bytes"
        var catalog = try Samples.catalog()
        catalog.meters["bytes_total"] = try Samples.meter(slug: "bytes_total", dimensions: ["teamname"])
        let usage = try ListedUsage([("bytes_total", "2022-06-07", "x", "12.12", ["teamname": "Servers"])])
        let file = try await ReportFile.make(Samples.report(.csv(format)), catalog, usage, days: ["2022-06-07"])
        #expect(file.text == "\"date\",\"teamname\",\"bytes\"\n\"2022-06-07\",\"Servers\",\"12.12\"\n")
    }

    @Test(
        "a day is written in each of the six formats",
        arguments: [
            (TelemetryFormat.DateFormat.dashed, "2025-06-07", "2025-11-30"), (.slashed, "2025/06/07", "2025/11/30"),
            (.slashedShort, "2025/6/7", "2025/11/30"), (.american, "06/7/2025", "11/30/2025"),
            (.dashedShort, "2025-6-7", "2025-11-30"), (.timestamp, "2025-06-07T00:00:00Z", "2025-11-30T00:00:00Z"),
        ]
    )
    func dateFormats(format: TelemetryFormat.DateFormat, early: String, late: String) throws {
        #expect(format.text(of: try #require(LocalDay("2025-06-07"))) == early)
        #expect(format.text(of: try #require(LocalDay("2025-11-30"))) == late)
    }

    @Test("rows of zero or less are left out and counted; total and events are the day's")
    func skipped() async throws {
        let rows = [("a", "0"), ("b", "-3"), ("c", "0.1"), ("d", "0.2"), ("d", "0.3")].map { ($0, model("m"), $1) }
        let day = try #require(try await file(Samples.telemetry(dimensions: ["subject"]), rows).days.first)
        #expect(day.rowEnds.count == 2)
        #expect(day.skippedRows == 2)
        #expect(day.totals.value(of: nil) == (try ExactDecimal("0.6")))
        #expect(day.events == 5)
    }

    @Test("the columns stand in the order that is configured, wherever the subject is")
    func columnOrder() async throws {
        var catalog = try Samples.catalog()
        catalog.meters["tokens_total"] = try Samples.meter(dimensions: ["a", "b"])
        let usage = try ListedUsage([("tokens_total", Self.day, "s", "1", ["a": "of a", "b": "of b"])])
        let report = Samples.report(.csv(Samples.telemetry(dimensions: ["b", "subject", "a"])))
        let file = try await ReportFile.make(report, catalog, usage, days: [Self.day])
        #expect(
            file.text
                == "\"date\",\"b\",\"subject\",\"a\",\"tokens\"\n\"2025-06-07\",\"of b\",\"s\",\"of a\",\"1\"\n"
        )
    }

    @Test("rows are sorted by bytes, not by what a language makes of them")
    func bytewise() async throws {
        let subjects = ["b", "B", "a", "Z", "é", "e\u{301}", "ee", "\u{1F600}", "\u{FFFD}", ""]
        let file = try await file(
            Samples.telemetry(dimensions: ["subject"]),
            subjects.map { ($0, [:], "1") }
        )
        let written = CSVReader.records(file.text).dropFirst().map { Array($0[1].text.utf8) }
        #expect(written == subjects.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test("a total of more than 38 digits is refused, not rounded")
    func overflow() async throws {
        let most = "999999999999999999999999999999999999"
        let rows = (0...200).map { ("customer-\($0)", model("m"), most) }
        await #expect(throws: ReportContentError.overflow("the sum of meter tokens_total on 2025-06-07")) {
            try await file(Samples.telemetry(dimensions: ["subject"]), rows)
        }
    }

    @Test("a meter or a dimension that is not there is refused")
    func definitions() throws {
        var format = Samples.telemetry(dimensions: ["zone"])
        let catalog = try Samples.catalog()
        #expect(
            throws: ReportDefinitionProblem("meter tokens_total has no dimension zone; it has model, subject")
        ) { try Samples.report(.csv(format)).makeEncoder(catalog: catalog) }
        format.meter = "other"
        #expect(throws: ReportDefinitionProblem("there is no meter other")) {
            try Samples.report(.csv(format)).makeEncoder(catalog: catalog)
        }
    }
}
