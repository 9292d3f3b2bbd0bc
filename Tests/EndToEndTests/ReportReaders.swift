import Foundation
import TestServers
import Testing

/// Programs of others that read or validate reports, from the virtual environments that `scripts/test` makes.
enum ReportReaders {
    /// Python with focus-validator, which wants a newer one than Debian's.
    static let validatorPython = TestPrograms.find(variable: "METERD_TEST_FOCUS_PYTHON", ".venv-focus/bin/python3")
    static let toolkit = TestPrograms.find(variable: "METERD_TEST_FOCUS_TOOLKIT", ".venv/bin/focus-toolkit")
    /// Python with DuckDB.
    static let python = toolkit == nil ? nil : ClientTests.python

    static func fixture(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil)).path
    }
}

/// What DuckDB found in CSV files, every cell read as text.
struct ReadCSV: Decodable {
    var columns: [String]
    var rows: Int
    /// Cells that are `""`, where FOCUS has nothing.
    var emptyTexts: Int
    /// By the values of the columns asked for, exact sums.
    var sums: [String: [String: String]]
    /// Rows in which a column is not the product of two others.
    var wrongProducts: [String]
    var digest: String

    private struct Question: Encodable {
        var files: [String]
        var sum: [String]
        var by: [String]
        var products: [[String]]
        var digest: [String]
    }

    static func read(
        _ files: [String],
        sum: [String] = [],
        by: [String] = [],
        products: [[String]] = [],
        digest: [String] = []
    ) async throws -> ReadCSV {
        let python = try #require(ReportReaders.python)
        let question = Question(files: files, sum: sum, by: by, products: products, digest: digest)
        let asked = String(decoding: try JSONEncoder().encode(question), as: UTF8.self)
        let outcome = try await Program.run([python, try ReportReaders.fixture("read_csv.py"), asked])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(ReadCSV.self, from: Data(outcome.output.utf8))
    }
}

/// What a validator says of a file.
struct Verdict {
    /// Rules that were kept; 0 where the validator does not count them.
    var passed = 0
    /// The rules that were broken, without those that are broken only because a rule below them is.
    var broken: Set<String>
    /// The validator's own words.
    var words: String

    /// focus-validator, with the rules it brings or those of `Fixtures/focus-rules`.
    static func focusValidator(_ files: [String], rules version: String, changes: [String] = []) async throws -> Verdict
    {
        let python = try #require(ReportReaders.validatorPython)
        let rules = version == "1.2" ? "-" : try ReportReaders.fixture("focus-rules")
        return try await onCopy(of: files, changes) { copy in
            let script = try ReportReaders.fixture("validate_focus.py")
            let outcome = try await Program.run([python, script, version, rules, copy])
            try #require(outcome.status == 0, "\(outcome.errors)")
            let passed = outcome.output.firstMatch(of: /passed ([0-9]+)/).flatMap { Int($0.1) }
            return Verdict(
                passed: try #require(passed, "\(outcome.output)"),
                broken: Set(outcome.output.matches(of: /(?m)^failed (\S+)/).map { String($0.1) }),
                words: outcome.output
            )
        }
    }

    /// focus-data-toolkit, which knows FOCUS 1.4; a broken rule is `<rule>:<reason> <column>`.
    static func focusToolkit(_ files: [String], changes: [String] = []) async throws -> Verdict {
        let toolkit = try #require(ReportReaders.toolkit)
        return try await onCopy(of: files, changes) { copy in
            let outcome = try await Program.run([toolkit, "validate", copy, "--dataset", "cost-and-usage"])
            let broken = outcome.output.matches(of: /(?m)^ *\[(\S+)\] (\w+)/).map { "\($0.1) \($0.2)" }
            try #require(outcome.status == (broken.isEmpty ? 0 : 1), "\(outcome.output)\(outcome.errors)")
            return Verdict(broken: Set(broken), words: outcome.output)
        }
    }

    /// Hands out one uncompressed copy of all the files with changes: `Column=value` in every row, or `Column=value@row` in one.
    private static func onCopy(
        of files: [String],
        _ changes: [String],
        _ validate: (String) async throws -> Verdict
    ) async throws -> Verdict {
        let python = try #require(ReportReaders.python)
        let copy = FileManager.default.temporaryDirectory.appending(path: "focus-\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: copy) }
        let script = try ReportReaders.fixture("copy_csv.py")
        let outcome = try await Program.run([python, script, copy.path] + files + ["--"] + changes)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try await validate(copy.path)
    }
}
