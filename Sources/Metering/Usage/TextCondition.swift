/// A condition on a text of an event: its subject, or the value of a dimension; "" where the event has none.
///
/// Texts are compared as UTF-8 bytes, `Greater` and `Less` by the order of those bytes; nothing is taken for a number, and
/// texts that only look alike are different. The names are those of OpenMeter's `FilterString`.
///
/// `TextMatcher` is the condition made ready for many texts.
public indirect enum TextCondition: Sendable {
    /// `$eq`
    case equal(String)
    /// `$ne`
    case notEqual(String)
    /// `$in`; false of an empty list.
    case oneOf([String])
    /// `$nin`; true of an empty list.
    case noneOf([String])
    /// `$like`: `%` is any text (the empty one too), `_` any one character (Unicode scalar), `\` takes the next character as it
    /// is; a `\` at the end is itself. The whole text must fit.
    case like(String)
    /// `$nlike`
    case notLike(String)
    /// `$ilike`: `$like` without regard to upper and lower case: Unicode's default mapping to lower case, scalar by scalar. The
    /// one scalar whose lower case is two (U+0130) stays as it is.
    case likeIgnoringCase(String)
    /// `$nilike`
    case notLikeIgnoringCase(String)
    /// `$gt`
    case greater(String)
    /// `$gte`
    case greaterOrEqual(String)
    /// `$lt`
    case less(String)
    /// `$lte`
    case lessOrEqual(String)
    /// `$and`: all of them; true of none.
    case all([TextCondition])
    /// `$or`: one of them or more; false of none.
    case any([TextCondition])
}

extension TextCondition: Hashable {
    /// Conditions are equal when they are written with the same operators and the same bytes.
    public static func == (left: TextCondition, right: TextCondition) -> Bool {
        let (left, right) = (left.parts, right.parts)
        return left.operator == right.operator && left.conditions == right.conditions
            && left.texts.elementsEqual(right.texts) { $0.utf8.elementsEqual($1.utf8) }
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        let parts = parts
        hasher.combine(parts.operator)
        hasher.combine(parts.conditions)
        for text in parts.texts {
            hasher.combine(text.utf8.count)
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }
}
