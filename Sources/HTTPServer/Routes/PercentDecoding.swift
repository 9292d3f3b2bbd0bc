/// Takes the percent-encoding off a part of a URL (RFC 3986 section 2.1).
enum PercentDecoding {
    /// The text that was meant.
    ///
    /// - Parameters:
    ///   - text: a segment of the path, or a name or value of the query.
    ///   - plusIsBlank: whether `+` stands for a blank, as it does in queries.
    ///   - place: what the text is of, for the message: `path` or `query`.
    /// - Throws: 400 for a broken encoding, for bytes that are not UTF-8, and for the null character.
    static func decoded(
        _ text: some Collection<UInt8>,
        plusIsBlank: Bool,
        place: String
    ) throws(Problem) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+") where plusIsBlank: bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexadecimal, let low = rest.popFirst()?.hexadecimal else {
                    throw Problem(
                        status: 400,
                        detail: "the \(place) has a % that is not followed by two hexadecimal digits"
                    )
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw Problem(status: 400, detail: "the \(place) is not UTF-8")
        }
        guard !bytes.contains(0) else {
            throw Problem(status: 400, detail: "the \(place) has a null character (%00), which nothing here has")
        }
        return decoded
    }
}
