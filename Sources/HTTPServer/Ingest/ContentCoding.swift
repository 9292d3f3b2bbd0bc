/// How a body is compressed (RFC 9110 section 8.4.1, RFC 8878).
enum ContentCoding: Hashable {
    case identity, gzip, deflate, zstd

    /// What an answer tells clients in Accept-Encoding.
    static let accepted = "gzip, deflate, zstd"

    /// The coding of a Content-Encoding value; nil when it is unknown or more than one.
    init?(_ value: String) {
        switch value.lowercased() {
        case "", "identity": self = .identity
        case "gzip", "x-gzip": self = .gzip
        case "deflate": self = .deflate
        case "zstd": self = .zstd
        default: return nil
        }
    }
}
