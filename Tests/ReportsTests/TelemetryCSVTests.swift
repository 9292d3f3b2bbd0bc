import CloudEvents
import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("Telemetry CSV")
struct TelemetryCSVTests {
    private func row(_ subject: String?, _ dimensions: [String], _ value: String) throws -> UsageRow {
        let day = try #require(LocalDay("2025-06-07"))
        return UsageRow(
            window: TimeWindow(start: day.start(in: .utc), end: day.next.start(in: .utc)),
            subject: subject,
            dimensions: dimensions,
            value: try ExactDecimal(value)
        )
    }

    private func text(_ format: TelemetryFormat, _ rows: [UsageRow], day: String = "2025-06-07") throws -> String {
        let csv = TelemetryCSV(format: format)
        let section = try csv.section(day: try #require(LocalDay(day)), rows: rows)
        return String(decoding: csv.header + section.bytes, as: UTF8.self)
    }

    @Test("a file is, byte by byte, the committed one: every field quoted, rows sorted, texts of all kinds kept")
    func golden() throws {
        let rows = [
            try row("zeta", ["m"], "1"), try row("Zeta", ["m"], "12.12"), try row("a,b", ["say \"hi\""], "0.000000001"),
            try row("two\nlines\r\n", ["tab\t"], "3"), try row("Größe 数量 \u{1F9EE}", ["é"], "4.5"),
            try row("", [""], "12345678901234567890"), try row("a", ["b"], "-0.5"),
            try row("a", ["c"], "0"), try row("a", ["\u{FF}"], "5"), try row("a", ["z"], "6"),
            try row("=1+1", [" x "], "7"),
        ]
        var format = Samples.telemetry()
        format.dateColumn = "date"
        let shuffled = try text(format, rows.shuffled())
        #expect(shuffled == (try Fixture.text("telemetry.csv")))
    }

    @Test("the example of the format's readers comes out as it is written there")
    func example() throws {
        var format = Samples.telemetry(dimensions: ["teamname"])
        format.metricColumn = "bytes"
        let rows = [try row(nil, ["Servers"], "12.12")]
        #expect(
            try text(format, rows, day: "2022-06-07")
                == "\"date\",\"teamname\",\"bytes\"\n\"2022-06-07\",\"Servers\",\"12.12\"\n"
        )
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

    @Test("rows of zero or less are left out and counted; the total is that of the rows")
    func skipped() throws {
        let csv = TelemetryCSV(format: Samples.telemetry(dimensions: ["subject"]))
        let rows = [try row("a", [], "0"), try row("b", [], "-3"), try row("c", [], "0.1"), try row("d", [], "0.2")]
        let section = try csv.section(day: try #require(LocalDay("2025-06-07")), rows: rows)
        #expect(section.rows == 2)
        #expect(section.skippedRows == 2)
        #expect(section.total == (try ExactDecimal("0.3")))
    }

    @Test("the columns stand in the order that is configured, wherever the subject is")
    func columnOrder() throws {
        let format = Samples.telemetry(dimensions: ["b", "subject", "a"])
        let rows = [try row("s", ["of b", "of a"], "1")]
        #expect(
            try text(format, rows)
                == "\"date\",\"b\",\"subject\",\"a\",\"tokens\"\n\"2025-06-07\",\"of b\",\"s\",\"of a\",\"1\"\n"
        )
    }

    @Test("rows are sorted by bytes, not by what a language makes of them")
    func bytewise() throws {
        let subjects = ["b", "B", "a", "Z", "é", "e\u{301}", "ee", "\u{1F600}", "\u{FFFD}", ""]
        let csv = TelemetryCSV(format: Samples.telemetry(dimensions: ["subject"]))
        let section = try csv.section(
            day: try #require(LocalDay("2025-06-07")),
            rows: subjects.map { try row($0, [], "1") }
        )
        let written = CSVReader.records(String(decoding: section.bytes, as: UTF8.self)).map { Array($0[1].text.utf8) }
        #expect(written == subjects.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test("a total of more than 38 digits is refused, not rounded")
    func overflow() throws {
        let most = "99999999999999999999999999999999999999"
        let csv = TelemetryCSV(format: Samples.telemetry(dimensions: ["subject"]))
        let rows = [try row("a", [], most), try row("b", [], most)]
        #expect(throws: ReportContentError.self) {
            try csv.section(day: try #require(LocalDay("2025-06-07")), rows: rows)
        }
    }
}
