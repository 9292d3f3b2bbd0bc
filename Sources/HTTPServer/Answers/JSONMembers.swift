import CloudEvents

/// The members of an object that somebody sent, taken one after the other; what is left in the end is unknown.
///
/// Null is as good as nothing, as OpenMeter's clients mean it. All methods throw 400 with the member's name.
struct JSONMembers {
    /// What the object is, for messages: `the body`, `groupBy`.
    let place: String
    private var members: [JSONValue.Member]
    /// The names that were asked for.
    private var known: [String] = []

    /// Throws 400 when the value is no object.
    init(_ value: JSONValue, _ place: String) throws(Problem) {
        guard case .object(let members) = value.content else {
            throw Problem(status: 400, detail: "\(place) is \(value.kind) and not an object")
        }
        self.place = place
        self.members = members
    }

    /// No members.
    init(nothingAt place: String) {
        self.place = place
        members = []
    }

    /// A member's value; nil for none and for null.
    mutating func take(_ name: String) -> JSONValue? {
        known.append(name)
        guard let index = members.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return nil }
        let value = members.remove(at: index).value
        if case .null = value.content { return nil }
        return value
    }

    /// Whether a member is there and null, where that must not be taken for nothing.
    func isNull(_ name: String) -> Bool {
        members.contains { member in
            guard member.name.utf8.elementsEqual(name.utf8), case .null = member.value.content else { return false }
            return true
        }
    }

    /// Throws 400 when a member was not asked for.
    func finish() throws(Problem) {
        guard let unknown = members.first else { return }
        throw Problem(
            status: 400,
            detail: "\(place) has an unknown member \"\(unknown.name)\"; allowed are \(known.joined(separator: ", "))"
        )
    }

    mutating func text(_ name: String) throws(Problem) -> String? {
        guard let value = take(name) else { return nil }
        return try Self.text(value, name)
    }

    /// A text that has to be there, of one character at least.
    mutating func requiredText(_ name: String) throws(Problem) -> String {
        guard let text = try text(name), !text.isEmpty else {
            throw Problem(status: 400, detail: "\(name) is required in \(place), a text of at least one character")
        }
        return text
    }

    mutating func bool(_ name: String) throws(Problem) -> Bool? {
        guard let value = take(name) else { return nil }
        guard case .bool(let bool) = value.content else {
            throw Problem(status: 400, detail: "\(name) is not true or false")
        }
        return bool
    }

    /// An RFC 3339 time.
    mutating func time(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = try text(name) else { return nil }
        return try QueryParameters.time(text, name)
    }

    mutating func texts(_ name: String) throws(Problem) -> [String]? {
        guard let value = take(name) else { return nil }
        return try Self.texts(value, name)
    }

    /// An object whose keys are whatever they are, in the order they are written in.
    mutating func map(_ name: String) throws(Problem) -> [(key: String, value: JSONValue)]? {
        guard let value = take(name) else { return nil }
        return try Self.map(value, name)
    }

    /// The same with texts as values.
    mutating func textMap(_ name: String) throws(Problem) -> [(key: String, value: String)]? {
        guard let map = try map(name) else { return nil }
        var texts: [(key: String, value: String)] = []
        for (key, value) in map { texts.append((key, try Self.text(value, "\(name).\(key)"))) }
        return texts
    }

    /// Throws 400 unless it is a text without the null character.
    static func text(_ value: JSONValue, _ name: String) throws(Problem) -> String {
        guard case .string(let text) = value.content else {
            throw Problem(status: 400, detail: "\(name) is \(value.kind) and not a text")
        }
        try check(text, name)
        return text
    }

    /// Throws 400 unless it is an array of texts.
    static func texts(_ value: JSONValue, _ name: String) throws(Problem) -> [String] {
        guard case .array(let elements) = value.content else {
            throw Problem(status: 400, detail: "\(name) is \(value.kind) and not an array of texts")
        }
        var texts: [String] = []
        for element in elements { texts.append(try text(element, "an element of \(name)")) }
        return texts
    }

    /// Throws 400 unless it is an object whose keys can be told apart as texts.
    static func map(_ value: JSONValue, _ name: String) throws(Problem) -> [(key: String, value: JSONValue)] {
        guard case .object(let members) = value.content else {
            throw Problem(status: 400, detail: "\(name) is \(value.kind) and not an object")
        }
        var keys: Set<String> = []
        for member in members {
            try check(member.name, "a name in \(name)")
            // The bytes differ, but as texts they are the same: "é" can be written as one scalar or as two.
            guard keys.insert(member.name).inserted else {
                throw Problem(status: 400, detail: "\(name) has the name \"\(member.name)\" in two spellings")
            }
        }
        return members.map { ($0.name, $0.value) }
    }

    private static func check(_ text: String, _ name: String) throws(Problem) {
        guard !text.utf8.contains(0) else {
            throw Problem(status: 400, detail: "\(name) has a null character (\\u0000), which nothing here has")
        }
    }
}
