/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Text is RFC 3339 (`Timestamp+RFC3339.swift`); every text that parses lies in the years 0000 to 9999 of UTC.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var microseconds: Int64

    /// The instant that is `microseconds` after 1970-01-01T00:00:00Z.
    @inlinable
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Whether `left` comes before `right`.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }
}
