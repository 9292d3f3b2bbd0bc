import Foundation
import TestServers
import Testing

/// The committed files, which the encoders' tests compare byte by byte, as Python's own readers find them.
@Suite("Python reads the files back")
struct PythonReaderTests {
    private static let python: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/python3" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Runs a script with the path of a fixture as its argument.
    private func run(_ script: String, on fixture: String) async throws -> String {
        let file = try #require(Bundle.module.url(forResource: "Fixtures/\(fixture)", withExtension: nil))
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.python))
        process.arguments = ["-c", "import sys, json, csv, decimal\n" + script, file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.start()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text.trimmingCharacters(in: .newlines)
    }

    private static let load = "document = json.load(open(sys.argv[1], encoding='utf-8'), parse_float=decimal.Decimal)\n"

    @Test(
        "JSON has the values and sums that were written",
        .enabled(if: python != nil, "there is no python3"),
        arguments: [
            ("datadog.json", "print(sum(item['BilledCost'] for item in document))", "5.945"),
            (
                "cloudzero-metric.json",
                "print(decimal.Context(prec=60).add(decimal.Decimal(document['records'][1]['value']), 0))",
                "12345678901234567890.123456789012345678"
            ),
            (
                "cloudzero-allocation.json", "print([r['filter']['tag:model'][0] for r in document['records']][-1])",
                "large, \"v2\""
            ),
            ("focus-schema-1.3.json", "print(len(document['ColumnDefinition']))", "68"),
            ("focus-manifest.json", "print(sum(file['rows'] for file in document['files']))", "1000007"),
        ]
    )
    func json(fixture: String, script: String, expected: String) async throws {
        #expect(try await run(Self.load + script, on: fixture) == expected)
    }

    private static let rows = """
        rows = list(csv.DictReader(open(sys.argv[1], encoding='utf-8', newline='')))
        assert not any(None in row or None in row.values() for row in rows)

        """

    @Test(
        "CSV has the rows and sums that were written",
        .enabled(if: python != nil, "there is no python3"),
        arguments: [
            ("telemetry.csv", "tokens", "9 12345678901234567928.620000001"),
            ("focus-1.2.csv", "BilledCost", "5 0.05052504"),
            ("focus-rich-1.0.csv", "BilledCost", "8 10.945"), ("focus-rich-1.4.csv", "ListCost", "8 11.025"),
            ("anycost.csv", "cost/cost", "8 10.945"), ("reconciliation.csv", "total", "10 33.63"),
        ]
    )
    func csv(fixture: String, column: String, expected: String) async throws {
        let script =
            Self.rows + """
                decimal.getcontext().prec = 60
                print(len(rows), sum(decimal.Decimal(row['\(column)']) for row in rows))
                """
        #expect(try await run(script, on: fixture) == expected)
    }
}
