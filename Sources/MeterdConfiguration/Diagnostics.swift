/// A place in the file; both numbers are 1 for the first, columns count Unicode scalars.
struct Position: Hashable, Comparable, Sendable {
    var line: Int
    var column: Int

    static let start = Position(line: 1, column: 1)

    static func < (left: Position, right: Position) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// Collects what is wrong with one file while it is read, so that all of it is told at once.
final class Diagnostics {
    private struct Entry: Hashable {
        var position: Position
        var message: String
    }

    private let file: String
    private let source: SourceText
    private var entries: [Entry] = []
    /// An alias is read once per use, and several checks may find the same fault: it is told once.
    private var known: Set<Entry> = []

    init(file: String, source: SourceText) {
        self.file = file
        self.source = source
    }

    /// Notes a fault. Neither text may hold a value from the environment.
    func report(_ position: Position, _ wrong: String, allowed: String) {
        let entry = Entry(position: source.clamped(position), message: SourceText.oneLine("\(wrong); \(allowed)"))
        if known.insert(entry).inserted { entries.append(entry) }
    }

    /// All faults in the order of the file; nil when there is none.
    var errors: ConfigurationErrors? {
        guard !entries.isEmpty else { return nil }
        // By index too: faults of one place keep the order they were found in.
        let ordered = entries.enumerated().sorted {
            ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
        }
        return ConfigurationErrors(
            errors: ordered.map { _, entry in
                ConfigurationError(
                    file: file,
                    line: entry.position.line,
                    column: entry.position.column,
                    message: entry.message
                )
            }
        )
    }
}
