import Glibc

extension ObjectStoreError: CustomStringConvertible {
    /// What happened, where, what to do.
    public var description: String {
        switch self {
        case .invalidKey(let key, let reason):
            "the key \(key.debugDescription) cannot be used: \(reason)"
        case .invalidSettings(let reason):
            reason
        case .body(let key, let reason):
            "\(key) was not stored, its bytes could not be had: \(reason)"
        case .tooLarge(let key, let limit, let size):
            "\(key) has \(size.map(String.init) ?? "more") bytes, over the limit of \(limit)"
        case .tooMany(let prefix, let limit):
            "more than \(limit) objects begin with \(prefix.debugDescription)"
        case .integrity(let target, let expected, let found):
            "\(target): the bytes differ, expected SHA-256 \(expected), found \(found); nothing was taken over"
        case .cancelled(let target):
            "\(target) was cancelled"
        case .disk(let call, let path, let code):
            "\(call) \(path): \(String(cString: strerror(code)))"
        case .credentials(let error):
            error.description
        case .accessDenied(let target, let code, let message):
            "\(target): access denied (\(code)\(Self.detail(message))); \(Self.advice(code, target))"
        case .wrongRegion(let target, let configured, let found):
            "\(target): the bucket is not in the region \(configured); "
                + (found.map { "set region: \($0)" } ?? "the server does not say which, look at the bucket's properties")
        case .missingBucket(let target, let endpoint):
            "\(target): there is no bucket \(target.bucket) at \(endpoint); make it, or correct bucket, region or endpoint"
        case .unavailable(let target, let attempts, let reason):
            "\(target): no success after \(attempts) \(attempts == 1 ? "try" : "tries"), last: \(reason)"
        case .rejected(let target, let status, let code, let message):
            "\(target): refused with status \(status) (\(code)\(Self.detail(message)))"
        }
    }

    private static func detail(_ message: String) -> String {
        message.isEmpty ? "" : ": " + message
    }

    private static func advice(_ code: String, _ target: StoreTarget) -> String {
        switch code {
        case "InvalidAccessKeyId": "the access key id is unknown to this server, check the credentials and the endpoint"
        case "SignatureDoesNotMatch": "the secret access key does not belong to the access key id"
        case "RequestTimeTooSkewed": "set this machine's clock"
        case "ExpiredToken", "InvalidToken", "TokenRefreshRequired": "the session token is over or wrong, renew it"
        default: "allow the credentials \(permissions(target)) there"
        }
    }

    private static func permissions(_ target: StoreTarget) -> String {
        switch target.action {
        case "HeadObject", "GetObject": "s3:GetObject and, to tell what is absent from what is hidden, s3:ListBucket"
        case "ListObjectsV2", "HeadBucket": "s3:ListBucket"
        case "DeleteObject": "s3:DeleteObject"
        case "AbortMultipartUpload": "s3:AbortMultipartUpload"
        default: "s3:PutObject"
        }
    }
}
