/// The text of a configuration file by its lines, for positions.
///
/// Lines end where YAML 1.1 ends them: at LF, CR, CR LF, NEL, LS and PS.
struct SourceText {
    let text: String
    private let lines: [[Unicode.Scalar]]
    /// Where each line begins, in Unicode scalars from the text's first.
    private let lineStarts: [Int]

    init(_ text: String) {
        self.text = text
        var lines: [[Unicode.Scalar]] = [[]]
        var lineStarts = [0]
        var previous: Unicode.Scalar?
        for (offset, scalar) in text.unicodeScalars.enumerated() {
            if scalar == "\n", previous == "\r" {
                lineStarts[lineStarts.count - 1] = offset + 1
            } else if Self.lineEnds.contains(scalar) {
                lines.append([])
                lineStarts.append(offset + 1)
            } else {
                lines[lines.count - 1].append(scalar)
            }
            previous = scalar
        }
        self.lines = lines
        self.lineStarts = lineStarts
    }

    /// How many Unicode scalars stand in front of a place inside the file.
    func offset(of position: Position) -> Int {
        lineStarts[position.line - 1] + position.column - 1
    }

    /// The nearest place inside the file: at most one column after a line's last character.
    func clamped(_ position: Position) -> Position {
        guard position.line >= 1 else { return .start }
        guard position.line <= lines.count else {
            return Position(line: lines.count, column: lines[lines.count - 1].count + 1)
        }
        let columns = lines[position.line - 1].count + 1
        return Position(line: position.line, column: min(max(position.column, 1), columns))
    }

    /// Where `value` stands letter for letter on one line, at `position` or behind the quote there; nil when it is
    /// written in another way (escapes, several lines, a block scalar).
    func literalStart(of value: String, at position: Position) -> Position? {
        guard position.line >= 1, position.line <= lines.count else { return nil }
        let line = lines[position.line - 1]
        let first = position.column - 1
        guard first >= 0, first < line.count else { return nil }
        let skipped = line[first] == "\"" || line[first] == "'" ? 1 : 0
        guard line.dropFirst(first + skipped).starts(with: value.unicodeScalars) else { return nil }
        return Position(line: position.line, column: position.column + skipped)
    }

    /// The first character YAML does not take, if there is one.
    var firstForbidden: (position: Position, scalar: Unicode.Scalar)? {
        for (number, line) in lines.enumerated() {
            if let column = line.firstIndex(where: { !Self.isPrintable($0) }) {
                return (Position(line: number + 1, column: column + 1), line[column])
            }
        }
        return nil
    }

    /// YAML 1.1, section 5.1 (https://yaml.org/spec/1.1/#id868524); line ends are not asked about here.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    private static let lineEnds: Set<Unicode.Scalar> = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]

    /// The text without line ends and other control characters, so that a message stays one line.
    static func oneLine(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || lineEnds.contains(scalar) {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
