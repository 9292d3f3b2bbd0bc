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

    /// Throws 400 when there is a parameter of another name than these.
    func allow(_ names: String...) throws(Problem) {
        guard let unknown = pairs.first(where: { !names.contains($0.name) }) else { return }
        let known = names.isEmpty ? "there are none here" : "the parameters are \(names.joined(separator: ", "))"
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

    /// The values of `name[key]=value`, by key.
    func keyed(_ name: String) -> [String: [String]] {
        var result: [String: [String]] = [:]
        for pair in pairs where pair.name.hasPrefix(name + "[") && pair.name.hasSuffix("]") {
            let key = String(pair.name.dropFirst(name.count + 1).dropLast())
            result[key, default: []].append(pair.value)
        }
        return result
    }

    private static func decoded(_ text: Substring.UTF8View) throws(Problem) -> String {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexadecimal, let low = rest.popFirst()?.hexadecimal else {
                    throw Problem(
                        status: 400,
                        detail: "the query has a % that is not followed by two hexadecimal digits"
                    )
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw Problem(status: 400, detail: "the query is not UTF-8")
        }
        return decoded
    }
}
