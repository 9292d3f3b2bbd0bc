import CloudEvents
import Metering

/// The parameters of a URL's query, percent-decoded, in order, repeats kept
/// (https://url.spec.whatwg.org/#urlencoded-parsing).
struct QueryParameters: Hashable {
    private var pairs: [(name: String, value: String)] = []

    static func == (left: QueryParameters, right: QueryParameters) -> Bool {
        left.pairs.elementsEqual(right.pairs, by: ==)
    }

    func hash(into hasher: inout Hasher) {
        for pair in pairs {
            hasher.combine(pair.name)
            hasher.combine(pair.value)
        }
    }

    /// Parses the text behind the question mark; throws 400 for a broken percent-encoding.
    init(_ query: String) throws(Problem) {
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decoded(parts[0])
            pairs.append((name, parts.count > 1 ? try Self.decoded(parts[1]) : ""))
        }
    }

    private static func decoded(_ text: Substring.UTF8View) throws(Problem) -> String {
        try PercentDecoding.decoded(text, plusIsBlank: true, place: "query")
    }

    /// Throws 400 when there is a parameter of another name than these; `name[]` stands for `name[key]` with any key.
    func allow(_ names: [String]) throws(Problem) {
        let unknown = pairs.first { pair in
            !names.contains { name in
                name.hasSuffix("[]") ? Self.key(of: pair.name, in: String(name.dropLast(2))) != nil : name == pair.name
            }
        }
        guard let unknown else { return }
        let shown = names.map { $0.hasSuffix("[]") ? $0.dropLast() + "…]" : $0 }.joined(separator: ", ")
        let known = names.isEmpty ? "there are none here" : "the parameters are \(shown)"
        throw Problem(status: 400, detail: "unknown parameter '\(unknown.name)'; \(known)")
    }

    /// The days from `from` up to, and without, `to`; nil without either. Throws 400.
    func days() throws(Problem) -> Range<LocalDay>? {
        try Days.between(try one("from"), try one("to"))
    }

    /// Every value given for a name.
    func all(_ name: String) -> [String] {
        pairs.compactMap { $0.name == name ? $0.value : nil }
    }

    /// The only value given for a name; throws 400 when there are more.
    func one(_ name: String) throws(Problem) -> String? {
        let values = all(name)
        guard values.count <= 1 else { throw Problem(status: 400, detail: "\(name) is given more than once") }
        return values.first
    }

    /// A whole number; throws 400 for anything else, and for one out of range.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = try one(name) else { return nil }
        guard let number = Self.digits(text).flatMap(Int.init), range.contains(number) else {
            throw Problem(
                status: 400,
                detail: "\(name) is not a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// The sequence number that what is asked for stands before; nil for the newest of all. Throws 400.
    func before() throws(Problem) -> UInt64? {
        guard let text = try one("before") else { return nil }
        guard let sequence = Self.digits(text).flatMap({ UInt64($0) }) else {
            throw Problem(
                status: 400,
                detail: "before is not a sequence number, an integer from 0; give the last one of the page before"
            )
        }
        return sequence
    }

    /// The text when it is digits only: `Int.init` takes signs too.
    private static func digits(_ text: String) -> String? {
        text.utf8.allSatisfy(\.isDigit) ? text : nil
    }

    /// `true` or `false`; false where it is not given. Throws 400.
    func bool(_ name: String) throws(Problem) -> Bool {
        switch try one(name) {
        case nil, "false": return false
        case "true": return true
        default: throw Problem(status: 400, detail: "\(name) is not true or false")
        }
    }

    /// An RFC 3339 time; throws 400.
    func time(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = try one(name) else { return nil }
        return try Self.time(text, name)
    }

    /// An RFC 3339 time; throws 400.
    static func time(_ text: String, _ name: String) throws(Problem) -> Timestamp {
        guard let time = Timestamp(text) else {
            throw Problem(status: 400, detail: "\(name) is not an RFC 3339 time such as 2025-06-07T00:00:00Z")
        }
        return time
    }

    /// A stretch of time, from inclusive, to exclusive, open where one is not given. Throws 400.
    func times() throws(Problem) -> (from: Timestamp?, to: Timestamp?) {
        let (from, to) = (try time("from"), try time("to"))
        if let from, let to, from >= to {
            throw Problem(status: 400, detail: "from (\(from)) must be before to (\(to))")
        }
        return (from, to)
    }

    /// Keys and values of `name[key]=value`, in order.
    func keyed(_ name: String) -> [(key: String, value: String)] {
        pairs.compactMap { pair in Self.key(of: pair.name, in: name).map { ($0, pair.value) } }
    }

    private static func key(of text: String, in name: String) -> String? {
        guard text.hasPrefix(name + "["), text.hasSuffix("]") else { return nil }
        return String(text.dropFirst(name.count + 1).dropLast())
    }
}
