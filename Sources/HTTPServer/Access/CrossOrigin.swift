import HTTPTypes
import NIOCore

/// What answers tell a browser about the use of this API by pages of other origins
/// (https://fetch.spec.whatwg.org/#http-cors-protocol). Credentials in the sense of that standard, cookies above all, are
/// never allowed: there are none here, and an access token is a header that a page sets itself.
struct CrossOrigin: Sendable {
    /// What the answers to one origin say.
    final class Answer: Sendable {
        /// Header lines, each with its CR LF.
        let lines: ByteBuffer
        /// The same for the router's answers.
        let fields: [HTTPField]
        let isAllowed: Bool

        fileprivate init(allowing origin: String?, varies: Bool) {
            var fields: [HTTPField] = []
            if varies { fields.append(HTTPField(name: .vary, value: "Origin")) }
            if let origin {
                fields.append(HTTPField(name: .accessControlAllowOrigin, value: origin))
                fields.append(HTTPField(name: .accessControlExposeHeaders, value: CrossOrigin.exposed))
            }
            var lines = ByteBuffer()
            for field in fields { lines.writeString("\(field.name.rawName): \(field.value)\r\n") }
            self.fields = fields
            self.lines = lines
            isAllowed = origin != nil
        }
    }

    /// What a page may read beside the fields that every page may.
    private static let exposed = "X-Request-Id, Retry-After, WWW-Authenticate"
    /// Every method of the API.
    private static let methods = "GET, HEAD, POST, PUT, DELETE"
    private let origins: [(bytes: [UInt8], answer: Answer)]
    private let others: Answer
    private let maxAge: Int

    init(_ settings: CORSSettings) {
        let all = settings.origins.contains("*")
        origins = all ? [] : settings.origins.map { (Array($0.utf8), Answer(allowing: $0, varies: true)) }
        // What is the same for everybody does not vary.
        others = all ? Answer(allowing: "*", varies: false) : Answer(allowing: nil, varies: true)
        maxAge = settings.maxAge
    }

    /// What the answer to a request of this origin says; nil when the request names none.
    func answer(to origin: Slice<UnsafeRawBufferPointer>?) -> Answer {
        guard let origin else { return others }
        return origins.first { origin.elementsEqual($0.bytes) }?.answer ?? others
    }

    /// The header lines of the answer to a preflight request that asks for these header fields.
    func preflight(_ answer: Answer, asking fields: Slice<UnsafeRawBufferPointer>?) -> ByteBuffer {
        var lines = answer.lines
        guard answer.isAllowed else { return lines }
        lines.writeString("Access-Control-Allow-Methods: \(Self.methods)\r\nAccess-Control-Max-Age: \(maxAge)\r\n")
        // Whatever fields the page wants to send: what they may hold is for the request itself to show. They are named as
        // they were asked for, since `*` would not cover Authorization.
        if let fields, fields.allSatisfy(Self.isListed) {
            lines.writeStaticString("Access-Control-Allow-Headers: ")
            lines.writeBytes(fields)
            lines.writeStaticString("\r\n")
        }
        return lines
    }

    /// What a list of field names consists of.
    private static func isListed(_ byte: UInt8) -> Bool {
        ASCIISet.token.contains(byte) || byte.isBlank || byte == UInt8(ascii: ",")
    }
}
