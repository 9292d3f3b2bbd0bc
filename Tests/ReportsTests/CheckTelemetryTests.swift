import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("Reading a telemetry back as Finout would")
struct CheckTelemetryTests {
    private static let header = "\"date\",\"subject\",\"model\",\"tokens\"\n"

    private func row(
        _ day: String,
        _ subject: String = "customer-1",
        _ model: String = "m-large",
        _ value: String = "1"
    )
        -> String
    {
        "\"\(day)\",\"\(subject)\",\"\(model)\",\"\(value)\"\n"
    }

    /// What is found in one file of 2025-06-07.
    private func findings(_ text: String, _ report: Report = CheckFixture.telemetry()) async throws -> [String] {
        let fixture = CheckFixture()
        try await fixture.put("tokens/tokens-2025-06-07.csv", text)
        return try await fixture.findings(report).map { $0.replacing("tokens/tokens-2025-06-07.csv", with: "F") }
    }

    @Test("files as meterd writes them are taken, and counted: files, rows, bytes, first and last day")
    func good() async throws {
        let fixture = CheckFixture()
        let days = ["2025-06-09", "2025-06-07", "2025-06-08"]
        for day in days {
            try await fixture.put(
                "tokens/tokens-\(day).csv",
                Self.header + row(day) + row(day, "say \"\"hi\"\", you\n", "", "12.50")
            )
        }
        try await fixture.put("other/unrelated.txt", "x")
        let result = try await fixture.inspect(CheckFixture.telemetry())
        #expect(result.findings.isEmpty && result.isGood && result.notes.isEmpty)
        #expect(result.files == 3 && result.rows == 6)
        #expect(
            result.bytes == 3
                * (Self.header + row(days[0]) + row(days[0], "say \"\"hi\"\", you\n", "", "12.50")).utf8.count
        )
        #expect(
            result.days?.lowerBound.description == "2025-06-07" && result.days?.upperBound.description == "2025-06-09"
        )
    }

    @Test("a file with the header alone is taken, one with nothing is not, and no file at all is nothing wrong")
    func emptiness() async throws {
        #expect(try await findings(Self.header) == [])
        #expect(try await findings("") == ["F: is empty; Finout takes a file with a header"])
        let nothing = try await CheckFixture().inspect(CheckFixture.telemetry())
        #expect(nothing.isGood && nothing.files == 0 && nothing.days == nil)
    }

    @Test(
        "headers that Finout or the configuration does not have are refused",
        arguments: [
            ("day,subject,model,tokens", "F:1: there is no date column \"date\""),
            ("date,subject,model", "F:1: there is no metric column \"tokens\""),
            ("date,subject,model,tokens,date", "F:1: the date column \"date\" stands 2 times; Finout takes one"),
            (
                "date,Date,subject,model,tokens",
                "F:1: \"Date\" is a second date column beside \"date\"; Finout takes one"
            ),
            ("date,subject,model,total tokens", "F:1: the header \"total tokens\" holds a space; Finout takes none"),
            ("date,subject,model,region,tokens", "F:1: the column \"region\" is not one of the report's dimensions"),
            ("date,subject,tokens", "F:1: the column \"model\", a dimension of the report, is missing"),
            ("date,subject,model,,tokens", "F:1: column 4 has no header"),
            ("date,subject,subject,model,tokens", "F:1: the header \"subject\" stands more than once"),
            (
                "date,a,b,c,d,e,f,g,h,i,j,k,tokens",
                "F:1: there are 11 metadata columns; Finout takes 10"
            ),
        ]
    )
    func headers(header: String, says: String) async throws {
        #expect(try await findings(header + "\n").contains(says))
    }

    @Test("the order of the columns is free, and numbers and dates are found by the header")
    func order() async throws {
        let text = "tokens,model,date,subject\n1,m,2025-06-07,a\n0,m,2025-06-07,b\n2,m,2025-06-07,a\n"
        #expect(
            try await findings(text) == [
                "F:3: the metric \"0\" is zero; Finout takes positive numbers",
                "F:4: has the date and the metadata of F:2; Finout takes one row for each",
            ]
        )
    }

    @Test(
        "a metric is a positive plain number",
        arguments: [
            ("1", nil), ("0.5", nil), ("007.10", nil), ("0", "is zero"), ("0.000", "is zero"), ("-0.0", "is zero"),
            ("-1", "is negative"), ("", "is not a plain number"), ("1e3", "is not a plain number"),
            ("+1", "is not a plain number"), ("1,000", "is not a plain number"), ("1.", "is not a plain number"),
            (".5", "is not a plain number"), ("1.2.3", "is not a plain number"), ("NaN", "is not a plain number"),
            (" 1", "is not a plain number"), ("١", "is not a plain number"), ("-", "is not a plain number"),
        ] as [(String, String?)]
    )
    func metric(text: String, says: String?) {
        let reason = TelemetryFileCheck.refusal(metric: ArraySlice(Array(text.utf8)))
        if let says { #expect(reason?.hasPrefix(says) == true) } else { #expect(reason == nil) }
    }

    @Test(
        "dates are of the report's format and of the calendar",
        arguments: [
            (.dashed, "2025-06-07", "2025-06-07"), (.dashed, "2025-6-7", nil), (.dashed, "2025/06/07", nil),
            (.dashed, "2025-06-07T00:00:00Z", nil), (.dashed, "2024-02-29", "2024-02-29"), (.dashed, "", nil),
            (.slashed, "2025/06/07", "2025-06-07"), (.slashedShort, "2025/6/7", "2025-06-07"),
            (.slashedShort, "2025/12/31", "2025-12-31"), (.american, "06/7/2025", "2025-06-07"),
            (.american, "6/7/2025", nil), (.dashedShort, "2025-6-7", "2025-06-07"),
            (.timestamp, "2025-06-07T00:00:00Z", "2025-06-07"), (.timestamp, "2025-06-07T01:00:00Z", nil),
            (.timestamp, "2025-06-07", nil),
        ] as [(TelemetryFormat.DateFormat, String, String?)]
    )
    func dates(format: TelemetryFormat.DateFormat, text: String, day: String?) throws {
        let expected = day.flatMap(LocalDay.init).map { TelemetryDate.day($0) } ?? .otherFormat
        #expect(format.date(ArraySlice(Array(text.utf8))) == expected)
    }

    @Test("a day that does not exist is told as such, in a row and in a name")
    func impossibleDays() async throws {
        #expect(TelemetryFormat.DateFormat.dashed.date(ArraySlice(Array("2025-02-29".utf8))) == .noSuchDay)
        #expect(
            try await findings(Self.header + row("2025-06-31")) == ["F:2: the date \"2025-06-31\" does not exist"]
        )
        let fixture = CheckFixture()
        try await fixture.put("tokens/tokens-2025-06-31.csv", Self.header)
        #expect(
            try await fixture.findings() == ["tokens/tokens-2025-06-31.csv: its name has a day that does not exist"]
        )
    }

    @Test("rows of another day than the file's, and rows that stand in two files")
    func rowsElsewhere() async throws {
        let fixture = CheckFixture()
        try await fixture.put("tokens/tokens-2025-06-07.csv", Self.header + row("2025-06-07"))
        try await fixture.put("tokens/tokens-2025-06-08.csv", Self.header + row("2025-06-08") + row("2025-06-07"))
        #expect(
            try await fixture.findings() == [
                "tokens/tokens-2025-06-08.csv:3: the date \"2025-06-07\" is not the day in the file's name",
                "tokens/tokens-2025-06-08.csv:3: has the date and the metadata of tokens/tokens-2025-06-07.csv:2; "
                    + "Finout takes one row for each",
            ]
        )
    }

    @Test("the same texts in other columns, or cut elsewhere, are other metadata")
    func distinctMetadata() async throws {
        let text =
            Self.header + row("2025-06-07", "a", "b") + row("2025-06-07", "b", "a") + row("2025-06-07", "ab", "")
            + row("2025-06-07", "", "ab") + row("2025-06-07", "e\u{301}", "") + row("2025-06-07", "\u{E9}", "")
        #expect(try await findings(text) == [])
    }

    @Test("broken lines, empty lines, lines of another length and bytes that are no text are told with their lines")
    func brokenRows() async throws {
        #expect(
            try await findings(Self.header + "2025-06-07,a\n\n" + "2025-06-07,a\"b,m,1\n" + row("2025-06-07")) == [
                "F:2: has 2 fields where the header has 4", "F:3: is an empty line",
                "F:4: has a quote inside a field that does not begin with one",
            ]
        )
        let fixture = CheckFixture()
        try await fixture.put(
            "tokens/tokens-2025-06-07.csv",
            Array((Self.header + "2025-06-07,").utf8) + [0xFF] + Array(",m,1\n".utf8)
        )
        #expect(try await fixture.findings() == ["tokens/tokens-2025-06-07.csv:2: is not UTF-8"])
        let marked = try await findings("\u{FEFF}" + Self.header + row("2025-06-07"))
        #expect(marked.count == 1 && marked[0].hasPrefix("F:1: begins with a byte order mark"))
    }

    @Test("whatever else is under the prefix is refused, and named if it is of another report")
    func foreignFiles() async throws {
        let fixture = CheckFixture()
        let reports = [
            CheckFixture.telemetry("calls", prefix: "shared/"), CheckFixture.telemetry("tokens", prefix: "shared/"),
        ]
        for key in [
            "calls-2025-06-07.csv", "tokens-Manifest.json", "tokens-2025-06-7.csv", "sub/tokens-2025-06-07.csv",
        ] {
            try await fixture.put("shared/" + key, "x")
        }
        #expect(
            try await fixture.findings(reports[1], beside: [reports[0]]) == [
                "shared/calls-2025-06-07.csv: is no file of this report, but of calls; Finout reads everything under the prefix",
                "shared/sub/tokens-2025-06-07.csv: is no file of this report; Finout reads everything under the prefix",
                "shared/tokens-2025-06-7.csv: is no file of this report; Finout reads everything under the prefix",
                "shared/tokens-Manifest.json: is no file of this report; Finout reads everything under the prefix",
            ]
        )
    }

    @Test("both file patterns at once are refused, whichever the report writes")
    func bothPatterns() async throws {
        let fixture = CheckFixture()
        try await fixture.put("tokens/tokens-2025-06-07.csv", Self.header + row("2025-06-07"))
        try await fixture.put("tokens/tokens.csv", Self.header + row("2025-06-08"))
        #expect(
            try await fixture.findings() == [
                "tokens/tokens.csv: is a growing file, and the report writes a file a day; Finout counts both"
            ]
        )
        #expect(
            try await fixture.findings(CheckFixture.telemetry(files: .single)) == [
                "tokens/tokens-2025-06-07.csv: is a day's file, and the report writes one growing file; Finout counts both"
            ]
        )
    }

    @Test("the growing file may have any day, and one row for each day and metadata")
    func growingFile() async throws {
        let fixture = CheckFixture()
        try await fixture.put(
            "tokens/tokens.csv",
            Self.header + row("2025-06-07") + row("2025-06-08") + row("2025-06-07", "customer-1", "m-large", "2")
        )
        #expect(
            try await fixture.findings(CheckFixture.telemetry(files: .single)) == [
                "tokens/tokens.csv:4: has the date and the metadata of tokens/tokens.csv:2; Finout takes one row for each"
            ]
        )
    }
}
