/// Why the bytes of a connection are no HTTP/1.1 request, or one this server does not take. The connection is closed
/// after the answer: where the next request begins is not known, or not to be trusted.
enum FramingFault: Error, Hashable {
    /// RFC 9112 section 3.
    case requestLine(String)
    /// RFC 9110 section 15.5.15.
    case targetTooLong(limit: Int)
    /// RFC 9110 section 15.6.6.
    case version
    /// RFC 9110 section 9.3.6: this is no proxy.
    case connect
    /// RFC 6585 section 5.
    case headTooLarge(limit: Int)
    case tooManyFields(limit: Int)
    /// RFC 9110 section 5, RFC 9112 section 5.
    case field(String)
    /// RFC 9112 section 3.2.
    case host(String)
    /// RFC 9112 section 6.
    case length(String)
    /// RFC 9112 section 6.1: a coding this server does not know.
    case transferCoding
    /// RFC 9112 section 7.1.
    case chunk(String)
    /// RFC 9110 section 10.1.1.
    case expectation

    /// The status that answers it.
    var status: Int {
        switch self {
        case .requestLine, .field, .host, .length, .chunk: 400
        case .targetTooLong: 414
        case .expectation: 417
        case .headTooLarge, .tooManyFields: 431
        case .transferCoding, .connect: 501
        case .version: 505
        }
    }

    /// One sentence for the problem document.
    var detail: String {
        switch self {
        case .requestLine(let why), .field(let why), .host(let why), .length(let why), .chunk(let why): why
        case .targetTooLong(let limit): "the request line is longer than \(limit) bytes"
        case .version: "the HTTP version is not 1.0 or 1.1"
        case .connect: "CONNECT is for proxies, which this server is not"
        case .headTooLarge(let limit): "request line and header fields are longer than \(limit) bytes together"
        case .tooManyFields(let limit): "the request has more than \(limit) header fields"
        case .transferCoding: "the only transfer coding known is chunked"
        case .expectation: "the only expectation known is 100-continue"
        }
    }
}
