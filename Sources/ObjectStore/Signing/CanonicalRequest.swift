/// What a signature covers of a request.
struct SignableRequest: Sendable {
    var method: String
    /// As in the request line, without the query: `/bucket/a%20key`.
    var path: String
    /// Decoded names and values, in the order of the request line.
    var query: [QueryItem] = []
    /// Every header that is to be signed, in the order they are sent.
    var headers: [HeaderField]
    /// The body's SHA-256 in hexadecimal.
    var payloadHash: String
}

/// A decoded part of a query.
struct QueryItem: Sendable, Hashable {
    var name: String
    var value: String

    init(_ name: String, _ value: String = "") {
        self.name = name
        self.value = value
    }

    /// `name=value`, also for an empty value.
    var encoded: String {
        PercentEncoding.encode(name) + "=" + PercentEncoding.encode(value)
    }
}

/// A header's line.
struct HeaderField: Sendable, Hashable {
    var name: String
    var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// How a service reads the path that was signed.
enum PathRules: Sendable {
    /// S3: the path as it is, encoded once.
    case asIs
    /// All other services: dot segments and repeated slashes removed, and what the request line has encoded again.
    case normalized
}

/// The canonical form of a request (AWS General Reference, "Create a signed AWS API request", step 1).
struct CanonicalRequest: Sendable {
    /// Names of the headers in it, `;` between them.
    let signedHeaders: String
    let text: String

    init(_ request: SignableRequest, paths: PathRules) {
        let headers = Self.merged(request.headers)
        signedHeaders = headers.map(\.name).joined(separator: ";")
        let lines = headers.map { "\($0.name):\($0.value)\n" }.joined()
        text = [
            request.method, Self.path(request.path, paths), Self.query(request.query), lines, signedHeaders,
            request.payloadHash,
        ].joined(separator: "\n")
    }

    /// Lower-case names in order, each once; values with single spaces, those of one name joined by commas as they came.
    private static func merged(_ headers: [HeaderField]) -> [HeaderField] {
        var values: [String: [String]] = [:]
        for header in headers {
            values[header.name.lowercased(), default: []].append(spaced(header.value))
        }
        return values.sorted { $0.key < $1.key }.map { HeaderField($0.key, $0.value.joined(separator: ",")) }
    }

    private static func spaced(_ value: String) -> String {
        let words = value.utf8.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }

    /// By the bytes of the encoded names, then of the encoded values.
    private static func query(_ items: [QueryItem]) -> String {
        let encoded = items.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
        return encoded.sorted { $0 < $1 }.map { $0 + "=" + $1 }.joined(separator: "&")
    }

    private static func path(_ path: String, _ rules: PathRules) -> String {
        switch rules {
        case .asIs: PercentEncoding.encode(PercentEncoding.decode(path), keepsSlashes: true)
        case .normalized: PercentEncoding.encode(normalized(path), keepsSlashes: true)
        }
    }

    private static func normalized(_ path: String) -> String {
        var kept: [Substring] = []
        let parts = path.split(separator: "/")
        for part in parts {
            if part == ".." {
                _ = kept.popLast()
            } else if part != "." {
                kept.append(part)
            }
        }
        let endsInSlash = path.hasSuffix("/") || parts.last == "." || parts.last == ".."
        return "/" + kept.joined(separator: "/") + (endsInSlash && !kept.isEmpty ? "/" : "")
    }
}
