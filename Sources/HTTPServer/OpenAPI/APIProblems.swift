/// Answers that say no: the same for every operation, so the document has each status once.
enum APIProblems {
    /// When each status comes.
    private static let meanings: [(status: Int, about: String)] = [
        (400, "The request breaks a rule; `detail` says which, and nothing is changed."),
        (401, "A bearer token is missing or unknown."),
        (403, "The token's scopes do not allow this."),
        (404, "Nothing has this name."),
        (406, "None of the media types in `Accept` can be given."),
        (409, "Something stands against it; `detail` says what, and nothing is changed."),
        (411, "The body's length is not announced."),
        (413, "The body, a batch or an event is too long."),
        (414, "The URL is too long; what it asks may have a path that takes a body."),
        (415, "The body's media type or content coding is not taken; `Accept` or `Accept-Encoding` says what is."),
        (422, "What was counted cannot be written: it does not fit the report's format, or 38 digits."),
        (429, "Too much at a time; `Retry-After` says when to ask again."),
        (431, "The attributes in header fields are too long."),
        (500, "The server failed; its log has the cause under the request's id."),
        (502, "The report's destination does not take the files."),
        (503, "Not able to answer now; ask again later."),
        (507, "The disk is below its reserve; `Retry-After` says when to ask again."),
    ]

    /// A status as the document names its answer, such as `NotFound`.
    static func name(of status: Int) -> String {
        Status.title(status).filter { $0 != " " }
    }

    /// The answers, by name.
    static var responses: JSONNode {
        .object(meanings.map { (name(of: $0.status), response($0.status, $0.about)) })
    }

    private static func response(_ status: Int, _ about: String) -> JSONNode {
        var headers: [(name: String, value: JSONNode)] = [("X-Request-Id", .reference("headers", "RequestId"))]
        switch status {
        case 401: headers.append(("WWW-Authenticate", .reference("headers", "Challenge")))
        case 429, 507: headers.append(("Retry-After", .reference("headers", "RetryAfter")))
        default: break
        }
        return [
            "description": .text(about), "headers": .object(headers),
            "content": .content([(Problem.contentType, .named("Problem"))]),
        ]
    }

    /// The header fields that answers have.
    static var headers: JSONNode {
        [
            "RequestId": header(.text(1...RequestID.longest), "The request's id: the client's own, or one made here."),
            "Challenge": header(.text(1 ... .max), "How to authenticate (RFC 6750)."),
            "RetryAfter": header(.integer(1 ... .max), "Seconds to wait."),
        ]
    }

    private static func header(_ schema: APISchema, _ about: String) -> JSONNode {
        ["description": .text(about), "required": true, "schema": schema.node]
    }

    /// The problem document (RFC 9457).
    static let schema = APISchema.object(
        .always("type", .one(of: ["about:blank"])),
        .always("title", .text(1 ... .max), "The status in words."),
        .always("status", .integer(400...599)),
        .always("detail", .text(1 ... .max), "What is wrong this time, and what is allowed."),
        .always("instance", .text(pattern: "^urn:request:"), "The request's id."),
        .perhaps(
            "extensions",
            .object(
                .always(
                    "validationErrors",
                    .list(
                        of: .object(
                            .always("index", .count, "The event's place in the batch, from 0."),
                            .always("attribute", .text().orNull, "The attribute at fault."),
                            .always("message", .text(1 ... .max))
                        )
                    ),
                    "What is wrong with each bad event."
                )
            )
        )
    )
}

/// How clients show who they are.
enum APISecurity {
    static let token = "token"
    static let portalToken = "portalToken"

    /// The schemes; a server without tokens knows those of the portal only.
    static func schemes(withTokens: Bool) -> JSONNode {
        let portal: JSONNode = [
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A portal token (HS256): usage of one subject, for as long as it says.",
        ]
        let token: JSONNode = [
            "type": "http", "scheme": "bearer",
            "description": "A token of `server.tokens`, with the scopes it has there: ingest, query, admin.",
        ]
        return .object((withTokens ? [(Self.token, token)] : []) + [(portalToken, portal)])
    }
}
