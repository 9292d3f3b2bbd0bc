/// What may be set of librdkafka, and to what.
enum ClientProperty {
    /// Why a setting is refused with every value; nil: it is known and its value decides.
    static func fault(ofName name: String) -> (wrong: String, allowed: String)? {
        if let refused = RefusedProperty.byName[name], refused.isRefused == nil {
            return ("\(name) \(refused.reason)", refused.instead)
        }
        let known = ClientLibrary.properties[name]
        if known?.kind == .code || ClientLibrary.hiddenCode.contains(name) {
            return ("\(name) is code and not text", "take it out")
        }
        guard known == nil, case .unknown = ClientLibrary.answer(to: name, "") else { return nil }
        let guess = Suggestion.closest(to: name, among: suggested).map { ", did you mean '\($0)'?" } ?? ""
        return ("unknown property '\(name)'\(guess)", "the properties are those of librdkafka's CONFIGURATION.md")
    }

    /// What a setting takes, for messages.
    static func allowed(_ name: String) -> String {
        let range = range(name)
        return range.isEmpty ? "see \(name) in librdkafka's CONFIGURATION.md" : "\(name) takes \(range)"
    }

    /// Whether librdkafka takes a value, all of it. What is thrown may repeat the value.
    static func check(_ name: String, _ value: String) throws(ScalarFault) {
        guard value.utf8.count <= valueLimit, !value.utf8.contains(0) else {
            throw ScalarFault(
                reason: "is too long or holds a zero character",
                allowed: "a value has at most \(valueLimit) bytes"
            )
        }
        guard ClientLibrary.properties[name].map({ $0.isWhole(value) }) ?? true else { throw ScalarFault() }
        switch ClientLibrary.answer(to: name, value) {
        case .taken:
            return
        case .unknown:
            throw ScalarFault()
        case .refused(let words):
            throw ScalarFault(reason: range(name).isEmpty ? "is not taken: \(words)" : nil)
        }
    }

    /// The promise that a value would break; nil: none.
    static func brokenPromise(_ name: String, _ value: String) -> RefusedProperty? {
        guard let refused = RefusedProperty.byName[name],
            case .taken(let canonical) = ClientLibrary.answer(to: name, value),
            refused.isRefused?(canonical) == true
        else { return nil }
        return refused
    }

    private static func range(_ name: String) -> String { ClientLibrary.properties[name]?.range ?? "" }

    /// The longest value, in bytes: several PEM certificates.
    private static let valueLimit = 64 << 10

    /// What can be meant: never something that is refused.
    private static let suggested = ClientLibrary.properties.values
        .filter { $0.kind != .code && !RefusedProperty.alwaysRefused.contains($0.name) }
        .map(\.name).sorted()
}

extension ClientLibrary.Property {
    /// Whether the library reads all of a number. It stops at the first letter, so that `10s` would be 10 milliseconds,
    /// takes `010` for 8, and cuts what does not fit into 32 bits.
    fileprivate func isWhole(_ text: String) -> Bool {
        switch kind {
        case .integer: Int32(text).map(String.init) == text || text.allSatisfy(\.isLetter)
        case .float: Double(text)?.isFinite == true
        case .code, .text: true
        }
    }
}
