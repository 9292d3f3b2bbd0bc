/// Writes an event in the JSON format, the same event always the same bytes: the known attributes in a fixed order, the
/// others by name, the data last.
enum EventRendering {
    /// How data is written.
    enum DataForm {
        /// As it is: the caller has checked that it is JSON.
        case json
        /// As a JSON string, or as Base64 where it is not UTF-8.
        case text
        /// As Base64.
        case binary
    }

    private static let order = ["specversion", "id", "source", "type", "subject", "time"]

    static func event(
        _ attributes: [(name: String, value: String)],
        contentType: String?,
        data: UnsafeRawBufferPointer?,
        _ form: DataForm
    ) -> [UInt8] {
        var members = attributes
        if let contentType { members.append(("datacontenttype", contentType)) }
        members.sort { rank($0.name) < rank($1.name) }
        var text: [UInt8] = []
        text.reserveCapacity(256 + (data?.count ?? 0))
        for member in members {
            open(member.name, in: &text)
            append(member.value, to: &text)
        }
        if let data { append(data, form, to: &text) }
        if text.isEmpty { text.append(UInt8(ascii: "{")) }
        text.append(UInt8(ascii: "}"))
        return text
    }

    private static func rank(_ name: String) -> (Int, String) {
        (order.firstIndex(of: name) ?? order.count, name)
    }

    private static func append(_ data: UnsafeRawBufferPointer, _ form: DataForm, to text: inout [UInt8]) {
        switch form {
        case .json:
            open("data", in: &text)
            text.append(contentsOf: data)
        case .text:
            guard let string = String(validating: data, as: UTF8.self) else { return append(data, .binary, to: &text) }
            open("data", in: &text)
            append(string, to: &text)
        case .binary:
            open("data_base64", in: &text)
            text.append(UInt8(ascii: "\""))
            Base64.append(data, to: &text)
            text.append(UInt8(ascii: "\""))
        }
    }

    /// Begins a member.
    private static func open(_ name: String, in text: inout [UInt8]) {
        text.append(UInt8(ascii: text.isEmpty ? "{" : ","))
        append(name, to: &text)
        text.append(UInt8(ascii: ":"))
    }

    /// A JSON string with the escapes that it must have and no others.
    private static func append(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            if byte < 0x20 {
                text.append(contentsOf: "\\u00".utf8)
                for digit in [byte >> 4, byte & 0x0F] {
                    text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                }
                continue
            }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }
}
