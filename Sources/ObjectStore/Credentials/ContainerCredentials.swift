import NIOHTTP1

/// The role of an ECS task or an EKS pod, from the endpoint that its agent names (AWS SDKs and Tools Reference Guide,
/// "Container credential provider").
struct ContainerCredentials: CredentialsSource {
    let name = "container metadata"
    let caller: MetadataCaller
    let environment: AWSEnvironment

    func load() async -> CredentialsFinding {
        guard let text = location else {
            return .absent("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set")
        }
        guard let url = EndpointURL(text, allowsQuery: true) else { return .failed("\(text) is no URL") }
        guard url.isSecure || Self.isTrusted(url.host) else {
            return .failed("\(text) is neither https nor an address of this machine or of its container agent")
        }
        do {
            return await ask(url, headers: try authorization())
        } catch {
            return .failed(error.reason)
        }
    }

    /// Where the environment says they are.
    var location: String? {
        environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"].map { "http://169.254.170.2" + $0 }
            ?? environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    }

    private static let patience = MetadataCaller.Patience(attempts: 3, timeout: .seconds(5))

    /// Plain HTTP must not leave the machine: loopback, and the fixed addresses of the ECS and EKS agents.
    static func isTrusted(_ host: String) -> Bool {
        if ["localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"].contains(host.lowercased()) {
            return true
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private func authorization() throws(MetadataCaller.Fault) -> [HeaderField] {
        if let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            do {
                return [HeaderField("Authorization", try CredentialsFile.readToken(file))]
            } catch {
                throw MetadataCaller.Fault(reason: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE \(file): \(error)")
            }
        }
        guard let token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] else { return [] }
        guard token.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
            throw MetadataCaller.Fault(
                reason: "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line end or a control character"
            )
        }
        return [HeaderField("Authorization", token)]
    }

    private func ask(_ url: EndpointURL, headers: [HeaderField]) async -> CredentialsFinding {
        let request = HTTPExchange.Request(
            method: .GET,
            url: url.origin + url.path + url.query,
            headers: headers + [HeaderField("Accept", "application/json")]
        )
        switch await caller.call(request, Self.patience) {
        case .failure(let fault): return .failed("\(url.origin): \(fault.reason)")
        case .success(let answer) where answer.status != 200:
            return .failed("\(url.origin) answered \(answer.status)")
        case .success(let answer):
            return MetadataCaller.credentials(answer.body).map(CredentialsFinding.found)
                ?? .failed("\(url.origin) answered without credentials")
        }
    }
}
