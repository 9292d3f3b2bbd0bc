import Glibc

/// A `TextCondition` made ready: patterns are read and lists sorted once, then any number of texts is looked at.
public struct TextMatcher: Sendable {
    private indirect enum Node: Sendable {
        case equal([UInt8])
        /// In the order of `isBefore`.
        case oneOf([[UInt8]])
        case like(LikePattern)
        case less([UInt8])
        case greater([UInt8])
        case not(Node)
        case all([Node])
        case any([Node])

        init(_ condition: TextCondition) {
            switch condition {
            case .equal(let text): self = .equal(Array(text.utf8))
            case .notEqual(let text): self = .not(.equal(Array(text.utf8)))
            case .oneOf(let texts): self = .oneOf(Self.sorted(texts))
            case .noneOf(let texts): self = .not(.oneOf(Self.sorted(texts)))
            case .like(let pattern): self = .like(LikePattern(pattern, ignoringCase: false))
            case .notLike(let pattern): self = .not(.like(LikePattern(pattern, ignoringCase: false)))
            case .likeIgnoringCase(let pattern): self = .like(LikePattern(pattern, ignoringCase: true))
            case .notLikeIgnoringCase(let pattern): self = .not(.like(LikePattern(pattern, ignoringCase: true)))
            case .greater(let text): self = .greater(Array(text.utf8))
            case .greaterOrEqual(let text): self = .not(.less(Array(text.utf8)))
            case .less(let text): self = .less(Array(text.utf8))
            case .lessOrEqual(let text): self = .not(.greater(Array(text.utf8)))
            case .all(let conditions): self = .all(conditions.map(Node.init))
            case .any(let conditions): self = .any(conditions.map(Node.init))
            }
        }

        func matches(_ text: UnsafeRawBufferPointer) -> Bool {
            switch self {
            case .equal(let value): Self.isEqual(value, text)
            case .oneOf(let values): Self.contains(text, in: values)
            case .like(let pattern): pattern.matches(text)
            case .less(let value): text.lexicographicallyPrecedes(value)
            case .greater(let value): value.lexicographicallyPrecedes(text)
            case .not(let node): !node.matches(text)
            case .all(let nodes): nodes.allSatisfy { $0.matches(text) }
            case .any(let nodes): nodes.contains { $0.matches(text) }
            }
        }

        private static func isEqual(_ value: [UInt8], _ text: UnsafeRawBufferPointer) -> Bool {
            guard value.count == text.count, let start = text.baseAddress else { return value.isEmpty && text.isEmpty }
            return value.withUnsafeBytes { value in
                value.baseAddress.map { memcmp($0, start, value.count) == 0 } ?? true
            }
        }

        private static func sorted(_ texts: [String]) -> [[UInt8]] {
            texts.map { Array($0.utf8) }.sorted { left, right in
                right.withUnsafeBytes { isBefore(left, $0) }
            }
        }

        /// An order that is quick to decide: the shorter text first.
        private static func isBefore(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
            left.count != right.count ? left.count < right.count : left.lexicographicallyPrecedes(right)
        }

        private static func contains(_ text: UnsafeRawBufferPointer, in values: [[UInt8]]) -> Bool {
            var low = 0
            var high = values.count
            while low < high {
                let middle = (low + high) / 2
                if isBefore(values[middle], text) { low = middle + 1 } else { high = middle }
            }
            return low < values.count && isEqual(values[low], text)
        }
    }

    private let root: Node

    /// Makes a condition ready.
    public init(_ condition: TextCondition) {
        root = Node(condition)
    }

    /// Whether a text in UTF-8 meets the condition.
    public func matches(_ text: UnsafeRawBufferPointer) -> Bool { root.matches(text) }

    /// Whether a text in UTF-8 meets the condition.
    public func matches(_ text: [UInt8]) -> Bool { text.withUnsafeBytes(root.matches) }

    /// Whether a text meets the condition.
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { root.matches(UnsafeRawBufferPointer($0)) }
    }
}

extension TextCondition {
    /// Whether a text in UTF-8 meets the condition; for many texts, a `TextMatcher` does the same much faster.
    public func matches(_ text: UnsafeRawBufferPointer) -> Bool { TextMatcher(self).matches(text) }

    /// Whether a text in UTF-8 meets the condition; for many texts, a `TextMatcher` does the same much faster.
    public func matches(_ text: [UInt8]) -> Bool { TextMatcher(self).matches(text) }

    /// Whether a text meets the condition; for many texts, a `TextMatcher` does the same much faster.
    public func matches(_ text: String) -> Bool { TextMatcher(self).matches(text) }
}
