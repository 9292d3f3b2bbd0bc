/// A pattern for names, in the syntax that Swift and JSON Schema share.
struct NamePattern: Sendable {
    /// What it describes, as in "is not a slug".
    var noun: String
    var pattern: String
    var allowed: String
    /// In characters.
    var length: ClosedRange<Int>

    func matches(_ text: String) -> Bool {
        guard length.contains(text.unicodeScalars.count), let regex = try? Regex(pattern) else { return false }
        return (try? regex.matchingSemantics(.unicodeScalar).wholeMatch(in: text)) != nil
    }

    static let slug = NamePattern(
        noun: "a slug",
        pattern: "^[a-z0-9]+(?:_[a-z0-9]+)*$",
        allowed: "a slug is 1 to 64 lower-case letters and digits, with single _ between them",
        length: 1...64
    )

    static let name = NamePattern(
        noun: "a name",
        pattern: "^[a-z0-9]+(?:[-_][a-z0-9]+)*$",
        allowed: "a name is 1 to 64 lower-case letters and digits, with single - or _ between them",
        length: 1...64
    )

    static let dimension = NamePattern(
        noun: "a dimension's name",
        pattern: "^[a-zA-Z_][0-9a-zA-Z_]*$",
        allowed: "a dimension's name is letters, digits and _, and begins with no digit",
        length: 1...128
    )

    static let label = NamePattern(
        noun: "a key",
        pattern: "^[^\\x00-\\x1f\\x7f]+$",
        allowed: "a key is 1 to 256 characters, none of them a control character",
        length: 1...256
    )

    static let header = NamePattern(
        noun: "a header",
        pattern: "^[^\\s\\x00-\\x1f\\x7f]+$",
        allowed: "a header is 1 to 128 characters without spaces",
        length: 1...128
    )

    static let bucket = NamePattern(
        noun: "a bucket's name",
        pattern: "^[a-z0-9][a-z0-9.-]*[a-z0-9]$",
        allowed: "a bucket's name is 3 to 63 lower-case letters, digits, . and -, the first and last a letter or digit",
        length: 3...63
    )

    static let region = NamePattern(
        noun: "a region",
        pattern: "^[a-z0-9]+(?:-[a-z0-9]+)*$",
        allowed: "a region is a name such as eu-west-1",
        length: 1...64
    )

    /// FOCUS 1.4, attribute "Custom Column Handling"; 1.0 to 1.3 say the same under "Column Handling".
    static let customColumn = NamePattern(
        noun: "a custom column's name",
        pattern: "^x_[A-Z][A-Za-z0-9]*$",
        allowed: "a custom column is x_ and words in PascalCase, at most 50 characters, such as x_CostCenter "
            + "(FOCUS 1.0 to 1.4, rules ColumnHandling-A-010-M and CustomColumnHandling-A-002-M to -A-008-O)",
        length: 3...50
    )

    /// Whom rates are agreed with. It is compared with an event's subject byte by byte.
    static let subject = NamePattern(
        noun: "a subject",
        pattern: "^[^\\x00-\\x1f\\x7f]+$",
        allowed:
            "a subject is what events have as their subject, 1 to 1024 characters, none of them a control character",
        length: 1...1024
    )

    /// FOCUS 1.2, attribute "Unit Format": capitalised words, a quantity in front, `-` or `/` before units of time.
    static let unit = NamePattern(
        noun: "a unit",
        pattern: "^(?:[1-9][0-9]* )?[A-Z][A-Za-z0-9]*(?: [A-Z][A-Za-z0-9]*)*"
            + "(?:-[A-Z][A-Za-z0-9]*)?(?:/(?:[1-9][0-9]* )?[A-Z][A-Za-z0-9]*)?$",
        allowed: "a unit is capitalised words in the plural, such as Requests, GB, GB-Hours or 1000 Tokens "
            + "(FOCUS 1.0 to 1.4, UnitFormat of PricingUnit and ConsumedUnit)",
        length: 1...64
    )
}
