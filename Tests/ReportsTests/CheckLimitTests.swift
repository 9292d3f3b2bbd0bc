import ReportDefinitions
import Testing

@testable import Reports

@Suite("What a check takes on at most")
struct CheckLimitTests {
    private static let header = "date,subject,model,tokens\n"

    @Test("a file that is too large is not read, and that is told")
    func objectBytes() async throws {
        let fixture = CheckFixture()
        try await fixture.put("tokens/tokens-2025-06-07.csv", Self.header)
        var limits = InspectionLimits()
        limits.objectBytes = 10
        let result = try await fixture.inspect(CheckFixture.telemetry(), limits: limits)
        #expect(result.rows == 0 && result.files == 1)
        #expect(
            result.findings.map(\.description) == [
                "tokens/tokens-2025-06-07.csv: has 26 bytes, more than the 10 that check reads; it was not read"
            ]
        )
    }

    @Test("a file with very many findings lists some and counts the others")
    func findings() async throws {
        let fixture = CheckFixture()
        let rows = (0..<30).map { "2025-06-07,c\($0),m,0\n" }.joined()
        try await fixture.put("tokens/tokens-2025-06-07.csv", Self.header + rows)
        try await fixture.put("tokens/tokens-2025-06-08.csv", Self.header + "2025-06-08,a,m,-1\n")
        var limits = InspectionLimits()
        limits.findingsOfObject = 5
        let result = try await fixture.inspect(CheckFixture.telemetry(), limits: limits)
        #expect(result.findings.count == 7 && result.unlisted == 25)
        #expect(result.findings[5].description == "tokens/tokens-2025-06-07.csv: 25 more like these are not listed")
        #expect(result.findings[6].line == 2)
    }

    @Test("beyond the limit of all files the list ends, and the count goes on")
    func allFindings() async throws {
        let fixture = CheckFixture()
        for day in 10..<30 { try await fixture.put("tokens/tokens-2025-06-\(day).csv", "") }
        var limits = InspectionLimits()
        limits.findings = 3
        let result = try await fixture.inspect(CheckFixture.telemetry(), limits: limits)
        #expect(result.findings.count == 3 && result.unlisted == 17)
    }

    @Test("rows beyond those that are compared are compared within their file, and what was not compared is noted")
    func comparedRows() async throws {
        let fixture = CheckFixture()
        func rows(_ day: String, _ count: Int) -> String {
            Self.header + (0..<count).map { "2025-06-\(day),c\($0),m,1\n" }.joined()
        }
        try await fixture.put("tokens/tokens-2025-06-07.csv", rows("07", 4))
        try await fixture.put("tokens/tokens-2025-06-08.csv", rows("08", 2) + "2025-06-08,c1,m,1\n")
        try await fixture.put("tokens/tokens-2025-06-09.csv", rows("09", 2) + "2025-06-09,c0,m,1\n")
        var limits = InspectionLimits()
        limits.comparedRows = 5
        let result = try await fixture.inspect(CheckFixture.telemetry(), limits: limits)
        // c1 of the 8th is beyond the limit; on the 9th there is room again.
        #expect(result.findings.map(\.key) == ["tokens/tokens-2025-06-09.csv"])
        #expect(
            result.notes == [
                "there are more than 5 rows: from tokens/tokens-2025-06-08.csv on, rows were compared with those of their own "
                    + "file only",
                "tokens/tokens-2025-06-08.csv: rows from line 3 on were not compared with others",
            ]
        )
    }

    @Test("progress ends at all bytes and all rows")
    func progress() async throws {
        let fixture = CheckFixture()
        for day in ["07", "08"] {
            let rows = (0..<100).map { "2025-06-\(day),c\($0),m,1\n" }.joined()
            try await fixture.put("tokens/tokens-2025-06-\(day).csv", Self.header + rows)
        }
        var limits = InspectionLimits()
        limits.pieceBytes = 100
        let report = CheckFixture.telemetry()
        let inspection = ReportInspection(
            report: report,
            catalog: try CheckFixture.catalog([report]),
            store: fixture.store,
            limits: limits
        )
        let told = Told()
        let result = try await inspection.run { told.add($0) }
        let all = told.all
        #expect(all.count > 10)
        #expect(all.map(\.bytesDone) == all.map(\.bytesDone).sorted())
        #expect(all.last == InspectionProgress(bytesDone: result.bytes, bytes: result.bytes, rows: 200))
    }

    @Test("keys and values cannot move a terminal's cursor")
    func escapes() async throws {
        let fixture = CheckFixture()
        try await fixture.put("tokens/a\u{9B}2J.txt", "x")
        try await fixture.put("tokens/tokens-2025-06-07.csv", Self.header + "\u{202E}x\u{1B}[2J,a,m,1\n")
        let findings = try await fixture.findings()
        #expect(findings.count == 2)
        for finding in findings { #expect(!finding.contains { "\u{9B}\u{1B}\u{202E}".contains($0) }, "\(finding)") }
    }
}
