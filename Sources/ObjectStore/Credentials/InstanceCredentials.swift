import NIOHTTP1

/// The role of an EC2 instance (Amazon EC2 User Guide, "Use the Instance Metadata Service", version 2 only: a session token
/// first, which a forged request from inside cannot get).
struct InstanceCredentials: CredentialsSource {
    let name = "EC2 metadata"
    let caller: MetadataCaller
    let environment: AWSEnvironment

    func load() async -> CredentialsFinding {
        if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" {
            return .absent("AWS_EC2_METADATA_DISABLED is true")
        }
        let usesIPv6 = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
        let text =
            environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
            ?? (usesIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
        guard let endpoint = EndpointURL(text) else {
            return .failed("AWS_EC2_METADATA_SERVICE_ENDPOINT \(text) is no URL")
        }
        return await ask(endpoint)
    }

    /// Off EC2 nobody answers, and a search should not take long there.
    private static let patience = MetadataCaller.Patience(attempts: 2, timeout: .seconds(2))
    /// In seconds.
    private static let tokenLifetime = "21600"
    private static let role = "/latest/meta-data/iam/security-credentials/"

    private func ask(_ endpoint: EndpointURL) async -> CredentialsFinding {
        let base = endpoint.origin + endpoint.path
        let lifetime = HeaderField("X-aws-ec2-metadata-token-ttl-seconds", Self.tokenLifetime)
        let token: String
        switch await caller.call(
            .init(method: .PUT, url: base + "/latest/api/token", headers: [lifetime]),
            Self.patience
        )
        {
        case .failure(let fault): return .absent("no answer from \(endpoint.origin): \(fault.reason)")
        case .success(let answer) where answer.status != 200:
            return .absent("\(endpoint.origin) gives no session token, it answered \(answer.status)")
        case .success(let answer): token = String(decoding: answer.body, as: UTF8.self)
        }
        guard !token.isEmpty, token.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            return .failed("\(endpoint.origin) gives a session token that is none")
        }
        return await credentials(base, HeaderField("X-aws-ec2-metadata-token", token), endpoint.origin)
    }

    private func credentials(_ base: String, _ token: HeaderField, _ origin: String) async -> CredentialsFinding {
        let listing: HTTPExchange.Answer
        switch await caller.call(.init(method: .GET, url: base + Self.role, headers: [token]), Self.patience) {
        case .failure(let fault): return .failed("\(origin): \(fault.reason)")
        case .success(let answer) where answer.status == 404: return .absent("the instance has no role")
        case .success(let answer): listing = answer
        }
        let name = String(decoding: listing.body, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
        guard listing.status == 200, let name else {
            return .failed("\(origin) answered \(listing.status) for the role")
        }
        let url = base + Self.role + PercentEncoding.encode(String(name))
        switch await caller.call(.init(method: .GET, url: url, headers: [token]), Self.patience) {
        case .failure(let fault): return .failed("\(origin): \(fault.reason)")
        case .success(let answer):
            guard answer.status == 200, let found = MetadataCaller.credentials(answer.body) else {
                return .failed("\(origin) answered \(answer.status) without credentials for the role \(name)")
            }
            return .found(found)
        }
    }
}
