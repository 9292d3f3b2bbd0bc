extension JSONSlice {
    /// Appends the value as a dimension shows it, in UTF-8: a string's text, a number as it was written, `true` or `false`,
    /// nothing for null or a missing value, and the raw JSON without white space for an object or an array.
    ///
    /// - Parameters:
    ///   - json: the JSON text the slice was found in.
    ///   - bytes: where the text is added.
    @inlinable
    public func appendText(in json: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        switch kind {
        case .missing, .null: return
        case .boolean, .number: bytes.append(contentsOf: self.bytes(in: json))
        case .string where !isEscaped: bytes.append(contentsOf: content(in: json))
        default: appendRewritten(in: json, to: &bytes)
        }
    }

    /// The value as a dimension shows it.
    public func text(in json: UnsafeRawBufferPointer) -> String {
        var bytes: [UInt8] = []
        appendText(in: json, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @usableFromInline
    func appendRewritten(in json: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        if kind == .string { return JSONText.append(content(in: json), to: &bytes) }
        let raw = self.bytes(in: json)
        var scanner = JSONScanner(raw)
        while scanner.position < scanner.count {
            let start = scanner.position
            switch scanner.byte {
            case UInt8(ascii: "\""): _ = scanner.skipString()
            case 0...0x20:
                scanner.position += 1
                continue
            default: scanner.position += 1
            }
            bytes.append(contentsOf: raw[start..<scanner.position])
        }
    }
}
