import CloudEvents

/// An answer that says no: a problem document (RFC 9457) with the members OpenMeter's clients read.
struct Problem: Error {
    var status: Int
    /// One sentence for this occurrence: what is wrong and what is allowed.
    var detail: String
    /// Fields of the answer that the status asks for, such as Retry-After or Allow.
    var headers: [(name: String, value: String)] = []
    /// What is wrong with each bad event.
    var events: [EventProblem] = []

    /// The content type of the document.
    static let contentType = "application/problem+json"

    /// The document for the request with this id.
    func document(request: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("type", "about:blank")
            json.member("title", Status.title(status))
            json.member("status", status)
            json.member("detail", detail)
            json.member("instance", "urn:request:\(request)")
            guard !events.isEmpty else { return }
            json.key("extensions")
            json.object { json in
                json.key("validationErrors")
                json.array { json in for event in events { Self.write(event, &json) } }
            }
        }
        return json.bytes
    }

    private static func write(_ event: EventProblem, _ json: inout JSONWriter) {
        json.object { json in
            json.member("index", event.index)
            json.member("attribute", event.attribute)
            json.member("message", event.reason)
        }
    }
}

/// Statuses and what they are called (RFC 9110 section 15, RFC 6585, RFC 4918).
enum Status {
    static func title(_ code: Int) -> String {
        switch code {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default: "Error"
        }
    }
}
