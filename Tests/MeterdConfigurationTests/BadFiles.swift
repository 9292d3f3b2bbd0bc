import Testing

/// A file that is wrong and the lines that say so, from `Fixtures/bad-files.txt`.
struct BadFile: Sendable, CustomTestStringConvertible {
    var title: String
    var text: String
    var lines: [String]

    var testDescription: String { title }

    static func all() throws -> [BadFile] {
        try Sample.sections("bad-files.txt").map { section in
            BadFile(
                title: section.title,
                text: section.parts[0],
                lines: section.parts[1].split(separator: "\n").map(String.init)
            )
        }
    }
}

/// One change to `issue.yaml` and the lines it earns, from `Fixtures/bad-edits.txt`.
struct BadEdit: Sendable, CustomTestStringConvertible {
    var title: String
    var old: String
    var new: String
    var lines: [String]

    var testDescription: String { title }

    static func all() throws -> [BadEdit] {
        try Sample.sections("bad-edits.txt").map { section in
            BadEdit(
                title: section.title,
                old: section.parts[0],
                new: section.parts[1],
                lines: section.parts[2].split(separator: "\n").map(String.init)
            )
        }
    }
}

extension Sample {
    /// The sections of a fixture: `=== title`, then parts divided by lines `--- errors` or `--- becomes`.
    static func sections(_ name: String) throws -> [(title: String, parts: [String])] {
        try fixture(name).split(separator: "=== ").map { section in
            let lines = section.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let parts = lines.dropFirst().split(omittingEmptySubsequences: false) {
                ["--- errors", "--- becomes"].contains($0)
            }
            return (lines[0], parts.map { $0.joined(separator: "\n") })
        }
    }
}
