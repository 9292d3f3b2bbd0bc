import Crypto

/// Signature Version 4 (AWS General Reference, "Create a signed AWS API request").
///
/// A pure function of the request, the credentials and the time.
struct SignatureV4: Sendable {
    var credentials: Credentials
    var region: String
    var service: String
    var paths: PathRules
    /// Whether the session token is among the signed parts. A few services want it beside the signature.
    var signsSessionToken = true

    /// A request with its signature, and the steps on the way to it.
    struct Signed: Sendable {
        var canonicalRequest: String
        var stringToSign: String
        var signature: String
        /// With what has to be sent besides.
        var request: SignableRequest
    }

    /// Signs in the `Authorization` header. `time`: microseconds since 1970.
    func signed(_ request: SignableRequest, at time: Int64) -> Signed {
        let time = UTCTime(microseconds: time)
        var request = request
        let token = credentials.sessionToken.map { HeaderField("X-Amz-Security-Token", $0) }
        if signsSessionToken, let token { request.headers.append(token) }
        request.headers.append(HeaderField("X-Amz-Date", time.amzDate))
        let canonical = CanonicalRequest(request, paths: paths)
        let (text, signature) = sign(canonical, time)
        if !signsSessionToken, let token { request.headers.append(token) }
        request.headers.append(
            HeaderField(
                "Authorization",
                "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope(time)), "
                    + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
            )
        )
        return Signed(canonicalRequest: canonical.text, stringToSign: text, signature: signature, request: request)
    }

    /// Signs in the query, so that the URL alone can be used for `seconds`. `time`: microseconds since 1970.
    func presigned(_ request: SignableRequest, at time: Int64, for seconds: Int) -> Signed {
        let time = UTCTime(microseconds: time)
        var request = request
        let names = Set(request.headers.map { $0.name.lowercased() }).sorted().joined(separator: ";")
        request.query += [
            QueryItem("X-Amz-Algorithm", Self.algorithm),
            QueryItem("X-Amz-Credential", credentials.accessKeyID + "/" + scope(time)),
            QueryItem("X-Amz-Date", time.amzDate),
            QueryItem("X-Amz-SignedHeaders", names),
            QueryItem("X-Amz-Expires", String(seconds)),
        ]
        let token = credentials.sessionToken.map { QueryItem("X-Amz-Security-Token", $0) }
        if signsSessionToken, let token { request.query.append(token) }
        let canonical = CanonicalRequest(request, paths: paths)
        let (text, signature) = sign(canonical, time)
        if !signsSessionToken, let token { request.query.append(token) }
        request.query.append(QueryItem("X-Amz-Signature", signature))
        return Signed(canonicalRequest: canonical.text, stringToSign: text, signature: signature, request: request)
    }

    private static let algorithm = "AWS4-HMAC-SHA256"

    private func scope(_ time: UTCTime) -> String {
        "\(time.amzDay)/\(region)/\(service)/aws4_request"
    }

    private func sign(_ request: CanonicalRequest, _ time: UTCTime) -> (text: String, signature: String) {
        let text = [Self.algorithm, time.amzDate, scope(time), Digest(of: request.text).hexadecimal]
            .joined(separator: "\n")
        var key = SymmetricKey(data: Array("AWS4\(credentials.secretAccessKey)".utf8))
        for part in [time.amzDay, region, service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        return (text, HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key).hexadecimal)
    }
}
