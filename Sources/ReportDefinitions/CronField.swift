/// A part of an expression and where it stands: 1 for the text's first character.
struct CronWord {
    var text: Substring
    var column: Int

    /// The parts between spaces and tabs.
    static func words(of text: String) -> [CronWord] {
        split(text[...], column: 1) { $0 == " " || $0 == "\t" }.filter { !$0.text.isEmpty }
    }

    /// The parts between separators, empty ones included.
    static func split(_ text: Substring, column: Int, at isSeparator: (Character) -> Bool) -> [CronWord] {
        var words: [CronWord] = []
        var column = column
        for part in text.split(omittingEmptySubsequences: false, whereSeparator: isSeparator) {
            words.append(CronWord(text: part, column: column))
            column += part.count + 1
        }
        return words
    }
}

/// One of the five fields: what it is called and which values it takes.
struct CronField {
    var name: String
    var range: ClosedRange<Int>
    /// Names of the values from `range.lowerBound` on, in lower case.
    var names: [String] = []
    /// The last value also goes by the first one's name: Sunday ends a range as 7.
    var wraps = false

    static let minute = CronField(name: "minute", range: 0...59)
    static let hour = CronField(name: "hour", range: 0...23)
    static let monthDay = CronField(name: "day of month", range: 1...31)
    static let month = CronField(
        name: "month",
        range: 1...12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    )
    static let weekday = CronField(
        name: "day of week",
        range: 0...7,
        names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
        wraps: true
    )

    /// The set of values a field's text stands for, a bit each.
    func values(_ word: CronWord) throws(CronError) -> UInt64 {
        var set: UInt64 = 0
        for part in CronWord.split(word.text, column: word.column, at: { $0 == "," }) {
            set |= try values(part: part)
        }
        return set
    }

    /// One element of the list: `*`, `a`, `a-b`, each of the ranges with a step or without.
    private func values(part: CronWord) throws(CronError) -> UInt64 {
        let pieces = CronWord.split(part.text, column: part.column) { $0 == "/" }
        guard pieces.count <= 2 else {
            throw CronError(column: pieces[2].column - 1, reason: "a step has one \"/\"")
        }
        let ends = CronWord.split(pieces[0].text, column: pieces[0].column) { $0 == "-" }
        guard ends.count <= 2 else {
            throw CronError(column: ends[2].column - 1, reason: "a range has one \"-\"")
        }
        let isStar = pieces[0].text == "*"
        let first = isStar ? range.lowerBound : try value(ends[0])
        // Seven is Sunday again: `*` stops before it, so that steps count seven days.
        var last = isStar ? (wraps ? range.upperBound - 1 : range.upperBound) : first
        if ends.count == 2 {
            last = try value(ends[1])
            if wraps, last == range.lowerBound, first > last { last = range.upperBound }
        }
        guard first <= last else {
            throw CronError(column: part.column, reason: "the range \"\(pieces[0].text)\" ends before it begins")
        }
        var step = 1
        if pieces.count == 2 {
            guard isStar || ends.count == 2 else {
                throw CronError(
                    column: pieces[1].column - 1,
                    reason: "a step follows \"*\" or a range, as in */15 or 8-18/2"
                )
            }
            step = try self.step(pieces[1])
        }
        return stride(from: first, through: last, by: step).reduce(0) { $0 | 1 << UInt64($1) }
    }

    private func step(_ word: CronWord) throws(CronError) -> Int {
        guard let step = Self.number(word.text), step >= 1, step <= range.upperBound else {
            throw CronError(
                column: word.column,
                reason: "\"\(word.text)\" is not a step of the \(name): use 1 to \(range.upperBound)"
            )
        }
        return step
    }

    private func value(_ word: CronWord) throws(CronError) -> Int {
        if let number = Self.number(word.text), range.contains(number) { return number }
        if let index = names.firstIndex(of: word.text.lowercased()) { return range.lowerBound + index }
        let named = names.isEmpty ? "" : " or \(names[0].uppercased()) to \(names[names.count - 1].uppercased())"
        throw CronError(
            column: word.column,
            reason: "\"\(word.text)\" is not a \(name): use \(range.lowerBound) to \(range.upperBound)\(named)"
        )
    }

    /// One to three decimal digits and nothing else.
    private static func number(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}
