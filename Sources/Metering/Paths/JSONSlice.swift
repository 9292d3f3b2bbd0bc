/// What a JSON value is; `missing` when there is none.
public enum JSONKind: UInt8, Sendable, Hashable, CaseIterable {
    case missing, null, boolean, number, string, object, array
}

/// Where one value stands in a JSON text, as its raw text: quotes and brackets are part of it.
@frozen
public struct JSONSlice: Sendable, Hashable {
    /// The first byte, counted from the start of the JSON text.
    public var offset: UInt32
    /// How many bytes.
    public var length: UInt32
    /// What the value is.
    public var kind: JSONKind
    /// Whether a string has escapes in it; its bytes are its text otherwise.
    public var isEscaped: Bool

    /// Makes a slice.
    @inlinable
    public init(offset: UInt32, length: UInt32, kind: JSONKind, isEscaped: Bool = false) {
        self.offset = offset
        self.length = length
        self.kind = kind
        self.isEscaped = isEscaped
    }

    /// No value.
    @inlinable
    public static var missing: JSONSlice { JSONSlice(offset: 0, length: 0, kind: .missing) }

    /// The value's raw text in the JSON text it was found in.
    @inlinable
    public func bytes(in json: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = Int(offset)
        let end = start + Int(length)
        precondition(end <= json.count, "a slice belongs to the JSON text it was found in")
        return UnsafeRawBufferPointer(rebasing: json[start..<end])
    }

    /// What stands between a string's quotes, escapes and all.
    @inlinable
    func content(in json: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let raw = bytes(in: json)
        guard raw.count >= 2 else { return UnsafeRawBufferPointer(rebasing: raw[..<0]) }
        return UnsafeRawBufferPointer(rebasing: raw[1..<raw.count - 1])
    }
}
