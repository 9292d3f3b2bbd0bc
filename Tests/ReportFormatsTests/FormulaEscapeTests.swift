import Metering
import ReportDefinitions
import TestServers
import Testing

@testable import ReportFormats

@Suite("Cells that spreadsheets run")
struct FormulaEscapeTests {
    private static let dangerous = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "'=1+1"]

    @Test(
        "a text that begins with one of the eight characters gets an apostrophe, so that different texts stay different, any other stays as it is"
    )
    func texts() {
        for text in Self.dangerous { #expect(CSVText.withoutFormula(text) == "'" + text) }
        for text in ["", "a=1", " =1", "1-1", "\u{FF1D}1", "Ä"] {
            #expect(CSVText.withoutFormula(text) == text)
        }
    }

    private func usage(_ meter: String = "tokens_total") throws -> ListedUsage {
        try ListedUsage(Self.dangerous.map { (meter, "2025-06-07", $0, "-1.5", ["model": $0]) })
    }

    private func rows(_ format: Report.Format, _ isOn: Bool, value: String) async throws -> [[String: String]] {
        let events = Self.dangerous.map { ("tokens_total", "2025-06-07", $0, value, ["model": $0]) }
        let file = try await ReportFile.make(
            Samples.report(format, formulaEscape: isOn),
            try Samples.richCatalog(),
            try ListedUsage(events),
            days: ["2025-06-07"]
        )
        return CSVReader.rows(file.text)
    }

    @Test(
        "telemetry's metadata is protected where it is asked for, and left alone where not",
        arguments: [true, false]
    )
    func telemetry(isOn: Bool) async throws {
        let rows = try await rows(.csv(Samples.telemetry()), isOn, value: "1")
        let expected = Self.dangerous.map { isOn ? "'" + $0 : $0 }
        for column in ["subject", "model"] {
            #expect(Set(rows.compactMap { $0[column] }) == Set(expected))
        }
        #expect(rows.allSatisfy { $0["tokens"] == "1" && $0["date"] == "2025-06-07" })
    }

    @Test("FOCUS texts are protected, numbers below zero, times and JSON are not", arguments: [true, false])
    func focus(isOn: Bool) async throws {
        let format = Report.Format.focus(FocusFormat(version: .v1_4, meters: ["tokens_total"]))
        let rows = try await rows(format, isOn, value: "-1.5")
        let expected = Set(Self.dangerous.map { isOn ? "'" + $0 : $0 })
        for column in ["SubAccountId", "SubAccountName", "x_Model"] {
            #expect(Set(rows.compactMap { $0[column] }) == expected)
        }
        #expect(rows.allSatisfy { $0["ConsumedQuantity"] == "-1.5" })
        #expect(rows.allSatisfy { $0["Tags"]?.hasPrefix("{") == true })
        #expect(rows.allSatisfy { $0["ResourceId"]?.hasPrefix("tokens_total/") == true })
    }

    @Test("AnyCost texts are protected, numbers below zero are not", arguments: [true, false])
    func anyCost(isOn: Bool) async throws {
        let rows = try await rows(.anyCost(AnyCostFormat(meters: ["tokens_total"])), isOn, value: "-1.5")
        let expected = Set(Self.dangerous.map { isOn ? "'" + $0 : $0 })
        for column in ["resource/account", "resource/tag:model"] {
            #expect(Set(rows.compactMap { $0[column] }) == expected)
        }
        #expect(rows.allSatisfy { $0["usage/amount"] == "-1.5" })
    }
}
