import CSimdJSON

/// Says in words why a text has no structure, and finds the byte where that shows. Only refused texts come here, so it
/// reads them slowly, byte by byte.
enum ScanFault {
    static func error(_ status: meterd_json_status, in text: UnsafeBufferPointer<UInt8>) -> DecodeError {
        switch status {
        case METERD_JSON_EMPTY:
            .malformed(reason: "the JSON text is empty: there is only white space", offset: nil)
        case METERD_JSON_NOT_UTF8:
            .malformed(reason: "the text is not UTF-8", offset: firstNotUTF8(text))
        case METERD_JSON_CONTROL_CHARACTER:
            .malformed(reason: "a string holds a control character that is not escaped", offset: badString(text))
        case METERD_JSON_UNCLOSED_STRING:
            .malformed(reason: "a string does not end", offset: badString(text))
        case METERD_JSON_TOO_LONG:
            .malformed(reason: "the text is longer than 4 GiB", offset: nil)
        case METERD_JSON_OUT_OF_MEMORY:
            .malformed(reason: "there is no memory to read a text this long", offset: nil)
        default:
            .malformed(reason: "the text is not JSON", offset: nil)
        }
    }

    /// Where the first byte stands that is no UTF-8.
    static func firstNotUTF8(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var decoder = Unicode.UTF8.ForwardParser()
        var bytes = text.makeIterator()
        var at = 0
        while true {
            switch decoder.parseScalar(from: &bytes) {
            case .valid(let scalar): at += scalar.count
            case .error: return at
            case .emptyInput: return nil
            }
        }
    }

    /// Where the first raw control character inside a string stands; else where the string begins that does not end.
    private static func badString(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var opening: Int?
        var isEscaped = false
        for (at, byte) in text.enumerated() {
            if opening == nil {
                if byte == UInt8(ascii: "\"") { opening = at }
            } else if byte < 0x20 {
                return at
            } else if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                opening = nil
            }
        }
        return opening
    }
}
