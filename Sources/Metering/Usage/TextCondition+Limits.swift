/// Which limit a condition goes beyond.
public enum TextConditionError: Error, Sendable, Hashable, CustomStringConvertible {
    case tooDeep(depth: Int)
    case tooManyValues(count: Int)
    /// All patterns of the condition together.
    case patternTooLong(bytes: Int)

    /// What is wrong and what is allowed.
    public var description: String {
        switch self {
        case .tooDeep(let depth):
            "conditions are nested \(depth) deep; at most \(TextCondition.maximumDepth) levels are allowed"
        case .tooManyValues(let count):
            "the condition has \(count) values; at most \(TextCondition.maximumValues) are allowed"
        case .patternTooLong(let bytes):
            "the condition's patterns have \(bytes) bytes; at most \(TextCondition.maximumPatternLength) are allowed"
        }
    }
}

extension TextCondition {
    /// The most levels: a condition is one, `$and` and `$or` are one more than the deepest within.
    public static let maximumDepth = 8
    /// The most texts a condition compares with, all of its parts together; an `$and` or `$or` of nothing is counted as one.
    public static let maximumValues = 1000
    /// The most bytes (UTF-8) of the patterns of `$like` and its kin, all of a condition's together: a pattern takes a step
    /// for each of its bytes and each of the text's at worst.
    public static let maximumPatternLength = 1024

    /// How many levels it has.
    public var depth: Int { 1 + (parts.conditions.map(\.depth).max() ?? 0) }

    /// How many texts it compares with.
    public var valueCount: Int {
        let parts = parts
        return parts.conditions.reduce(max(parts.texts.count, parts.conditions.isEmpty ? 1 : 0)) { $0 + $1.valueCount }
    }

    /// Checks the limits. Whoever reads a condition from outside checks its depth while reading: it is as deep as its text.
    public func check() throws(TextConditionError) {
        let depth = depth
        if depth > Self.maximumDepth { throw .tooDeep(depth: depth) }
        let values = valueCount
        if values > Self.maximumValues { throw .tooManyValues(count: values) }
        try Self.checkPatterns(of: [self])
    }

    /// Checks the limit on patterns for conditions that one text after the other has to meet, all together.
    public static func checkPatterns(of conditions: some Sequence<TextCondition>) throws(TextConditionError) {
        let bytes = conditions.reduce(0) { $0 + $1.patternBytes }
        if bytes > maximumPatternLength { throw .patternTooLong(bytes: bytes) }
    }

    private var patternBytes: Int {
        switch self {
        case .like(let pattern), .notLike(let pattern), .likeIgnoringCase(let pattern),
            .notLikeIgnoringCase(let pattern):
            pattern.utf8.count
        case .all(let conditions), .any(let conditions): conditions.reduce(0) { $0 + $1.patternBytes }
        default: 0
        }
    }
}
