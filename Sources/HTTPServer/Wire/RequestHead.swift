import NIOCore

/// Request line and header fields of one request: the bytes, and where in them the parts are.
///
/// Nothing is copied out of the bytes until somebody asks, so an ingest request makes no String per field.
struct RequestHead {
    /// How the body's end is found (RFC 9112 section 6.3).
    enum Framing: Hashable {
        /// Neither Content-Length nor Transfer-Encoding: there is no body.
        case none
        case length(Int)
        case chunked
    }

    /// One header field; the ranges count from the first byte of the head.
    struct Field {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// From the request line to the empty line.
    var bytes = ByteBuffer()
    var method = 0..<0
    var isPost = false
    var isHead = false
    var isOptions = false
    /// In origin form, with the query; of an absolute form only what follows the authority.
    var target = 0..<0
    /// The target without the query.
    var path = 0..<0
    var framing = Framing.none
    /// Whether the connection may serve another request (RFC 9112 section 9.3).
    var keepsAlive = true
    var expectsContinue = false
    var fields: [Field] = []
    /// Places in `fields`.
    var contentTypes: [Int] = []
    var contentEncodings: [Int] = []
    var requestID: Int?
    var authorization: Int?
    /// Whether there is more than one Authorization field, of which none is to be trusted.
    var authorizationRepeats = false
    var origin: Int?
    /// Access-Control-Request-Method: with Origin and OPTIONS this makes a preflight request.
    var wantedMethod: Int?
    /// Access-Control-Request-Headers.
    var wantedFields: Int?
    /// Whether a field's name begins with `ce-`.
    var hasAttributes = false

    /// Text of a part; bytes that are not UTF-8 become U+FFFD, which no rule accepts.
    func text(_ range: Range<Int>) -> String {
        bytes.withUnsafeReadableBytes { String(decoding: $0[range], as: UTF8.self) }
    }

    /// The path in the form of the request; empty for an absolute form that ends with its authority.
    func pathEquals(_ path: StaticString) -> Bool {
        guard self.path.count == path.utf8CodeUnitCount else { return false }
        return bytes.withUnsafeReadableBytes { bytes in
            let wanted = UnsafeBufferPointer(start: path.utf8Start, count: path.utf8CodeUnitCount)
            return bytes[self.path].elementsEqual(wanted)
        }
    }

    /// Forgets a request but keeps the memory of its lists.
    mutating func reset() {
        method = 0..<0
        isPost = false
        isHead = false
        isOptions = false
        target = 0..<0
        path = 0..<0
        framing = .none
        keepsAlive = true
        expectsContinue = false
        fields.removeAll(keepingCapacity: true)
        contentTypes.removeAll(keepingCapacity: true)
        contentEncodings.removeAll(keepingCapacity: true)
        requestID = nil
        authorization = nil
        authorizationRepeats = false
        origin = nil
        wantedMethod = nil
        wantedFields = nil
        hasAttributes = false
    }
}
