/// A JSON value (RFC 8259) that somebody sent, together with the bytes it was written in.
struct JSONValue: Sendable {
    /// What it is.
    indirect enum Content: Sendable {
        case null
        case bool(Bool)
        /// As it is written.
        case number(String)
        case string(String)
        case array([JSONValue])
        /// In the order they are written in; no two names have the same bytes.
        case object([Member])
    }

    /// A member of an object.
    struct Member: Sendable {
        var name: String
        var value: JSONValue
    }

    var content: Content
    /// The bytes it is written in, without the white space around.
    var text: ArraySlice<UInt8>

    /// What it is, in a word.
    var kind: String {
        switch content {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Why a text is not JSON as it is taken here.
struct JSONFault: Error, Hashable, CustomStringConvertible {
    /// What is wrong.
    var reason: String
    /// Where, in bytes from the beginning.
    var offset: Int

    var description: String { "at byte \(offset): \(reason)" }
}
