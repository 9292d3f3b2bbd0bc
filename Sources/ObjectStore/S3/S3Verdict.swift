import NIOHTTP1

/// What an answer of S3 means for the one who asked (Amazon S3 API Reference, "Error responses").
enum S3Verdict: Sendable, Equatable {
    case success
    /// The object, or the upload, is not there.
    case absent(code: String)
    case missingBucket
    /// The bucket is in this region.
    case elsewhere(region: String?)
    /// The clocks differ by more than S3 takes; microseconds to add to the time that was signed.
    case skewed(by: Int64?)
    /// The credentials are over or unknown.
    case stale(code: String, message: String)
    case denied(code: String, message: String)
    /// To be tried again.
    case transient(String)
    /// The server found another body than the one that was signed.
    case corrupted(code: String)
    case refused(code: String, message: String)

    /// Judges an answer.
    ///
    /// - Parameters:
    ///   - region: the one that was signed for.
    ///   - now: our time at the answer as it would be signed, in microseconds since 1970.
    ///   - answersInBody: whether a 200 may hold an error, as that of CompleteMultipartUpload (same reference, there).
    init(_ answer: HTTPExchange.Answer, region: String, now: Int64, answersInBody: Bool = false) {
        let root = answer.status == 200 && !answersInBody ? nil : XMLTree.parse(answer.body)
        let isError = root?.name == "Error"
        let code = isError ? root?["Code"]?.text ?? "" : ""
        let message = isError ? root?["Message"]?.text ?? "" : ""
        let named = answer.headers.first(name: "x-amz-bucket-region") ?? root?["Region"]?.text
        let told = named.flatMap { $0.isEmpty ? nil : $0 }

        switch answer.status {
        case 200..<300 where !answersInBody: self = .success
        case 200..<300 where root == nil: self = .transient("status \(answer.status) without an answer in it")
        case 200..<300 where !isError: self = .success
        case 301, 307, 308: self = .elsewhere(region: told)
        case 400 where code == "AuthorizationHeaderMalformed": self = .elsewhere(region: told)
        case 400, 403:
            if let told, told != region, !Self.concernsCredentials(code) {
                self = .elsewhere(region: told)
            } else if let judged = Self.client(answer, code, message, now) {
                self = judged
            } else {
                self = Self.byCode(answer.status, code, message)
            }
        default: self = Self.byCode(answer.status, code, message)
        }
    }

    /// In microseconds: S3 takes 15 minutes; HEAD gives no code, so a wider difference than this is taken for the reason.
    static let suspectSkew: Int64 = 5 * 60 * 1_000_000

    private static func concernsCredentials(_ code: String) -> Bool {
        ["ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId", "AccessDenied"].contains(code)
    }

    private static func client(
        _ answer: HTTPExchange.Answer,
        _ code: String,
        _ message: String,
        _ now: Int64
    ) -> S3Verdict? {
        switch code {
        case "RequestTimeTooSkewed", "RequestExpired": return .skewed(by: skew(answer, now))
        case "" where answer.status == 403:
            if let skew = skew(answer, now), abs(skew) > suspectSkew { return .skewed(by: skew) }
            return .denied(code: "403", message: "")
        case "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId":
            return .stale(code: code, message: message)
        case _ where answer.status == 403: return .denied(code: code, message: message)
        default: return nil
        }
    }

    private static func skew(_ answer: HTTPExchange.Answer, _ now: Int64) -> Int64? {
        answer.headers.first(name: "Date").flatMap { UTCTime(httpDate: $0) }.map { $0.microseconds - now }
    }

    private static func byCode(_ status: Int, _ code: String, _ message: String) -> S3Verdict {
        switch code {
        case "NoSuchBucket": return .missingBucket
        case "NoSuchKey", "NoSuchUpload": return .absent(code: code)
        case "XAmzContentSHA256Mismatch", "BadDigest", "XAmzContentChecksumMismatch": return .corrupted(code: code)
        case "SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "Throttling", "ThrottlingException",
            "RequestLimitExceeded", "BandwidthLimitExceeded", "OperationAborted", "IncompleteBody":
            return .transient("status \(status) \(code)")
        default: break
        }
        switch status {
        case 404 where code.isEmpty: return .absent(code: "404")
        case 408, 429: return .transient("status \(status)")
        case 501, 505: return .refused(code: code, message: message)
        case 500...: return .transient("status \(status)\(code.isEmpty ? "" : " " + code)")
        default: return .refused(code: code.isEmpty ? "no error code" : code, message: message)
        }
    }
}
