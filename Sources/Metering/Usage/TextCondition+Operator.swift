extension TextCondition {
    /// The operators by the names they have in JSON and in configuration.
    public enum Operator: String, Sendable, Hashable, CaseIterable {
        case equal = "$eq"
        case notEqual = "$ne"
        case oneOf = "$in"
        case noneOf = "$nin"
        case like = "$like"
        case notLike = "$nlike"
        case likeIgnoringCase = "$ilike"
        case notLikeIgnoringCase = "$nilike"
        case greater = "$gt"
        case greaterOrEqual = "$gte"
        case less = "$lt"
        case lessOrEqual = "$lte"
        case all = "$and"
        case any = "$or"

        /// What an operator stands before.
        public enum Operand: Sendable, Hashable {
            /// One text.
            case text
            /// A list of texts.
            case texts
            /// A list of conditions.
            case conditions
        }

        /// What stands after it.
        public var operand: Operand {
            switch self {
            case .oneOf, .noneOf: .texts
            case .all, .any: .conditions
            default: .text
            }
        }
    }

    /// A condition of an operator that takes one text; nil for the others.
    public init?(_ operator: Operator, text: String) {
        switch `operator` {
        case .equal: self = .equal(text)
        case .notEqual: self = .notEqual(text)
        case .like: self = .like(text)
        case .notLike: self = .notLike(text)
        case .likeIgnoringCase: self = .likeIgnoringCase(text)
        case .notLikeIgnoringCase: self = .notLikeIgnoringCase(text)
        case .greater: self = .greater(text)
        case .greaterOrEqual: self = .greaterOrEqual(text)
        case .less: self = .less(text)
        case .lessOrEqual: self = .lessOrEqual(text)
        case .oneOf, .noneOf, .all, .any: return nil
        }
    }

    /// A condition of an operator that takes a list of texts; nil for the others.
    public init?(_ operator: Operator, texts: [String]) {
        switch `operator` {
        case .oneOf: self = .oneOf(texts)
        case .noneOf: self = .noneOf(texts)
        default: return nil
        }
    }

    /// A condition of an operator that takes a list of conditions; nil for the others.
    public init?(_ operator: Operator, conditions: [TextCondition]) {
        switch `operator` {
        case .all: self = .all(conditions)
        case .any: self = .any(conditions)
        default: return nil
        }
    }

    /// The condition taken apart: its operator, and what stands after it.
    public var parts: (operator: Operator, texts: [String], conditions: [TextCondition]) {
        switch self {
        case .equal(let text): (.equal, [text], [])
        case .notEqual(let text): (.notEqual, [text], [])
        case .oneOf(let texts): (.oneOf, texts, [])
        case .noneOf(let texts): (.noneOf, texts, [])
        case .like(let text): (.like, [text], [])
        case .notLike(let text): (.notLike, [text], [])
        case .likeIgnoringCase(let text): (.likeIgnoringCase, [text], [])
        case .notLikeIgnoringCase(let text): (.notLikeIgnoringCase, [text], [])
        case .greater(let text): (.greater, [text], [])
        case .greaterOrEqual(let text): (.greaterOrEqual, [text], [])
        case .less(let text): (.less, [text], [])
        case .lessOrEqual(let text): (.lessOrEqual, [text], [])
        case .all(let conditions): (.all, [], conditions)
        case .any(let conditions): (.any, [], conditions)
        }
    }
}
