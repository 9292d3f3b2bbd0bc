/// Where a value stands inside an event's data: the part of JSONPath that names one place.
///
/// `$` is the data itself; `.name`, `['name']` or `["name"]` a member; `[0]` an element, counted from 0 (RFC 9535 sections
/// 2.2 and 2.3.1 to 2.3.3). A name after a point holds letters, digits, `_`, `-` and anything outside ASCII; other names are
/// written in brackets and quotes, with JSON's escapes. Everything that could name more than one place is refused.
///
/// Two paths are equal when they name the same place, however they are written.
public struct ValuePath: Sendable, Hashable, CustomStringConvertible {
    /// One step down.
    public enum Segment: Sendable, Hashable {
        /// A member of an object.
        case member(String)
        /// An element of an array, counted from 0.
        case element(Int)

        /// Names are compared byte by byte, as JSON keys are, and not by what they look like.
        public static func == (left: Segment, right: Segment) -> Bool {
            switch (left, right) {
            case (.member(let left), .member(let right)): left.utf8.elementsEqual(right.utf8)
            case (.element(let left), .element(let right)): left == right
            default: false
            }
        }

        /// Hashes what `==` compares.
        public func hash(into hasher: inout Hasher) {
            switch self {
            case .member(let name):
                for byte in name.utf8 { hasher.combine(byte) }
            case .element(let number): hasher.combine(number)
            }
        }
    }

    /// The steps from the data to the value.
    public let segments: [Segment]
    /// The path as it was written.
    public let description: String

    /// The longest path, in bytes.
    public static let maximumLength = 1024
    /// The most steps of a path.
    public static let maximumSegments = 32
    /// The largest number of an element.
    public static let maximumElement = 65_535

    /// Reads a path.
    ///
    /// - Throws: what is wrong, in which column, and what is allowed.
    public init(_ text: String) throws(ValuePathError) {
        var reader = PathReader(text)
        segments = try reader.segments()
        description = text
    }

    /// Whether two paths name the same place.
    public static func == (left: ValuePath, right: ValuePath) -> Bool { left.segments == right.segments }

    /// Hashes the place, not the way it is written.
    public func hash(into hasher: inout Hasher) { hasher.combine(segments) }
}

/// Why a text is no path.
public struct ValuePathError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The path as it was written.
    public let path: String
    /// Where it goes wrong: characters (Unicode scalars) counted from 1.
    public let column: Int
    /// What is wrong there.
    public let problem: Problem

    /// Makes an error.
    public init(path: String, column: Int, problem: Problem) {
        self.path = path
        self.column = column
        self.problem = problem
    }

    /// What can be wrong with a path.
    public enum Problem: Sendable, Hashable {
        case noRoot
        case wildcard
        case filter
        case recursiveDescent
        case script
        case slice
        case union
        case negativeElement
        case elementTooLarge
        case leadingZero
        case missingName
        case unterminatedName
        case badEscape
        case controlCharacter
        case missingBracket
        case unexpected(Character)
        case tooLong
        case tooManySegments
    }

    /// The path, the column, what is wrong and what is allowed.
    public var description: String {
        "path \"\(path)\", column \(column): \(reason)"
    }

    /// What is wrong and what is allowed.
    public var reason: String {
        let what =
            switch problem {
            case .noRoot: "a path starts with $"
            case .wildcard: "wildcards (*) are not supported"
            case .filter: "filters (?) are not supported"
            case .recursiveDescent: "recursive descent (..) is not supported"
            case .script: "expressions in parentheses are not supported"
            case .slice: "slices ([1:2]) are not supported"
            case .union: "unions ([1,2]) are not supported"
            case .negativeElement: "elements counted from the end ([-1]) are not supported"
            case .elementTooLarge: "an element's number is at most \(ValuePath.maximumElement)"
            case .leadingZero: "an element's number has no leading zero"
            case .missingName: "a name is missing"
            case .unterminatedName: "the quoted name does not end"
            case .badEscape: "the escape is not one of JSON's"
            case .controlCharacter: "a control character must be escaped"
            case .missingBracket: "a closing bracket is missing"
            case .unexpected(let character): "unexpected \"\(character)\""
            case .tooLong: "a path is at most \(ValuePath.maximumLength) bytes long"
            case .tooManySegments: "a path has at most \(ValuePath.maximumSegments) steps"
            }
        return "\(what); allowed are $, .name, ['name'], [\"name\"] and [0]"
    }
}
