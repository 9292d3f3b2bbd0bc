import NIOCore
import NIOHTTP1

/// AWS's Security Token Service: temporary credentials of a role (AWS STS API Reference, version 2011-06-15).
struct SecurityTokenService: Sendable {
    let caller: MetadataCaller
    let environment: AWSEnvironment
    /// When neither the environment nor the profile names one.
    let region: String

    /// AssumeRoleWithWebIdentity: the token in the file, which is renewed from outside, is the proof.
    func assumeRole(
        _ role: String,
        session: String?,
        webIdentityTokenFile file: String,
        region: String?
    ) async -> CredentialsFinding {
        let token: String
        do {
            token = try CredentialsFile.readToken(file)
        } catch {
            return .failed("the token file \(file): \(error)")
        }
        let form = [
            QueryItem("Action", "AssumeRoleWithWebIdentity"), QueryItem("Version", Self.version),
            QueryItem("RoleArn", role), QueryItem("RoleSessionName", session ?? Self.sessionName),
            QueryItem("WebIdentityToken", token),
        ]
        return await ask(form, "AssumeRoleWithWebIdentity", region: region, signedWith: nil)
    }

    /// AssumeRole: other credentials are the proof.
    func assumeRole(
        _ role: String,
        session: String?,
        externalID: String?,
        with credentials: Credentials,
        region: String?
    ) async -> CredentialsFinding {
        var form = [
            QueryItem("Action", "AssumeRole"), QueryItem("Version", Self.version), QueryItem("RoleArn", role),
            QueryItem("RoleSessionName", session ?? Self.sessionName),
        ]
        if let externalID { form.append(QueryItem("ExternalId", externalID)) }
        return await ask(form, "AssumeRole", region: region, signedWith: credentials)
    }

    private static let version = "2011-06-15"
    private static let sessionName = "meterd"

    private func ask(
        _ form: [QueryItem],
        _ action: String,
        region: String?,
        signedWith credentials: Credentials?
    ) async -> CredentialsFinding {
        let region = environment.region ?? region ?? self.region
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        let text = environment["AWS_ENDPOINT_URL_STS"] ?? "https://sts.\(region).\(domain)"
        guard let endpoint = EndpointURL(text) else { return .failed("AWS_ENDPOINT_URL_STS \(text) is no URL") }
        let body = form.map(\.encoded).joined(separator: "&")
        var request = SignableRequest(
            method: "POST",
            path: endpoint.path + "/",
            headers: [
                HeaderField("Host", endpoint.authority),
                HeaderField("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ],
            payloadHash: Digest(of: body).hexadecimal
        )
        if let credentials {
            let signer = SignatureV4(credentials: credentials, region: region, service: "sts", paths: .normalized)
            request = signer.signed(request, at: caller.clock.now()).request
        }
        let message = HTTPExchange.Request(
            method: .POST,
            url: endpoint.origin + request.path,
            headers: request.headers,
            body: ByteBuffer(string: body)
        )
        switch await caller.call(message, Self.patience) {
        case .failure(let fault): return .failed("\(action) at \(endpoint.origin): \(fault.reason)")
        case .success(let answer): return Self.read(answer, action, at: endpoint.origin)
        }
    }

    private static let patience = MetadataCaller.Patience(attempts: 3, timeout: .seconds(10))

    private static func read(_ answer: HTTPExchange.Answer, _ action: String, at origin: String) -> CredentialsFinding {
        let root = XMLTree.parse(answer.body)
        guard answer.status == 200 else {
            let code = root?["Error", "Code"]?.text ?? "no error code"
            let message = root?["Error", "Message"]?.text ?? ""
            return .failed("\(action) at \(origin) answered \(answer.status) \(code) \(message)")
        }
        let element = root?["\(action)Result", "Credentials"]
        guard let id = element?["AccessKeyId"]?.text, let secret = element?["SecretAccessKey"]?.text,
            let token = element?["SessionToken"]?.text,
            let expires = element?["Expiration"].flatMap({ UTCTime(iso8601: $0.text) })
        else { return .failed("\(action) at \(origin) answered without credentials") }
        return .found(
            Credentials(
                accessKeyID: id,
                secretAccessKey: secret,
                sessionToken: token,
                expires: expires.microseconds
            )
        )
    }
}

/// A role by the token that Kubernetes or another provider of identities puts into a file.
struct WebIdentityCredentials: CredentialsSource {
    let name = "web identity"
    let environment: AWSEnvironment
    let tokens: SecurityTokenService

    func load() async -> CredentialsFinding {
        switch (environment["AWS_WEB_IDENTITY_TOKEN_FILE"], environment["AWS_ROLE_ARN"]) {
        case (let file?, let role?):
            await tokens.assumeRole(
                role,
                session: environment["AWS_ROLE_SESSION_NAME"],
                webIdentityTokenFile: file,
                region: nil
            )
        case (nil, _): .absent("AWS_WEB_IDENTITY_TOKEN_FILE is not set")
        case (_, nil): .failed("AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not")
        }
    }
}
