import CloudEvents
import Metering
import ReportDefinitions
import ReportFormats
import Testing

@Suite("Reconciliation CSV")
struct ReconciliationCSVTests {
    private func delivery(
        _ totals: String,
        before: String? = nil,
        revision: Int = 1,
        report: String = "focus"
    ) throws -> DayDelivery {
        DayDelivery(
            report: report,
            day: try #require(LocalDay("2025-06-07")),
            meter: "tokens_total",
            revision: revision,
            rows: 3,
            totals: try #require(ReportTotals(totals)),
            previousTotals: try before.map { try #require(ReportTotals($0)) },
            events: 12,
            eventsSince: 5,
            key: "cost/focus/data/BILLING_PERIOD=2025-06/focus-00001.csv.gz",
            deliveredAt: try #require(Timestamp("2025-07-01T00:05:00Z"))
        )
    }

    @Test("a file is, byte by byte, the committed one")
    func golden() throws {
        #expect(try sample() == (try Fixture.text("reconciliation.csv")))
    }

    private func sample() throws -> String {
        let csv = ReconciliationCSV(formulaEscape: false)
        let lines = try [
            delivery("12.5", report: "tokens"), delivery("13", before: "12.5", revision: 2, report: "tokens"),
            delivery("USD 0.06"), delivery("USD 0.07", before: "USD 0.06", revision: 2),
            delivery("EUR 1, USD 2", before: "USD 0.07", revision: 3),
            delivery("", before: "EUR 1, USD 2", revision: 4),
            delivery("JPY 5", before: "", revision: 5), delivery("", report: "nothing"),
        ]
        return String(decoding: csv.header + lines.flatMap(csv.line), as: UTF8.self)
    }

    @Test("the columns an auditor asks for come first")
    func header() {
        let header = String(decoding: ReconciliationCSV(formulaEscape: false).header, as: UTF8.self)
        #expect(header.hasPrefix("day,meter,revision,rows,total,previous_total,events_since,"))
    }

    @Test("with formulaEscape texts are protected, numbers below zero are not")
    func formulas() throws {
        var day = try delivery("-3", before: "-4", report: "tokens")
        day.key = "-prefix/tokens.csv"
        let line = String(decoding: ReconciliationCSV(formulaEscape: true).line(day), as: UTF8.self)
        #expect(line.contains(",-3,-4,"))
        #expect(line.contains(",'-prefix/tokens.csv,"))
    }
}
