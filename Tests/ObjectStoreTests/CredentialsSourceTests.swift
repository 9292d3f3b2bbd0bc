import Foundation
import Synchronization
import Testing

@testable import ObjectStore

/// Every place of the chain, against real files and real servers.
@Suite struct CredentialsSourceTests {
    private func chain(
        _ environment: [String: String],
        profile: String? = nil,
        clock: StoreClock = TestClock().clock
    ) -> CredentialsChain {
        // No test asks the real metadata service, nor reads the files of whoever runs it.
        let defaults = ["AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"]
        return .standard(
            environment: defaults.merging(environment) { $1 },
            profile: profile,
            region: "eu-west-1",
            http: testHTTP,
            clock: clock
        )
    }

    private func found(_ environment: [String: String], profile: String? = nil) async throws -> Credentials {
        try await chain(environment, profile: profile).credentials()
    }

    private func error(_ environment: [String: String], profile: String? = nil) async -> String {
        do throws(CredentialsError) {
            return "\(try await chain(environment, profile: profile).credentials())"
        } catch {
            return error.description
        }
    }

    @Test("access keys come from the environment, with the session token")
    func environment() async throws {
        let found = try await chain([
            "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
        ]).credentials()
        #expect(found == Credentials(accessKeyID: "A", secretAccessKey: "s", sessionToken: "t"))
        #expect(await error(["AWS_ACCESS_KEY_ID": "A"]).contains("AWS_SECRET_ACCESS_KEY is not"))
    }

    @Test("with nothing set up, every place is named")
    func nothing() async {
        let text = await error([:])
        for place in ["environment", "web identity", "shared files", "container metadata", "EC2 metadata"] {
            #expect(text.contains(place + ": "))
        }
    }

    private static let credentialsFile = """
        # a comment
        [default]
        aws_access_key_id = D
        aws_secret_access_key = ds ; a comment
        [work]
        aws_access_key_id=W
        aws_secret_access_key=w+/s=
        aws_session_token = wt
        [half]
        aws_access_key_id = H
        """
    private static let configFile = """
        [default]
        region = eu-central-1
        [profile work]
        aws_access_key_id = replaced
        [profile role]
        role_arn = arn:aws:iam::123456789012:role/example
        source_profile = work
        external_id = ext 1
        [profile circle]
        role_arn = arn:aws:iam::123456789012:role/example
        source_profile = circle2
        [profile circle2]
        role_arn = arn:aws:iam::123456789012:role/example
        source_profile = circle
        [profile sso]
        sso_start_url = https://example.org
        """

    private func withFiles<Value>(_ test: ([String: String]) async throws -> Value) async throws -> Value {
        try await withTemporaryDirectory { directory in
            try Self.credentialsFile.write(toFile: directory + "/credentials", atomically: true, encoding: .utf8)
            try Self.configFile.replacing("\n", with: "\r\n")
                .write(toFile: directory + "/config", atomically: true, encoding: .utf8)
            return try await test([
                "AWS_SHARED_CREDENTIALS_FILE": directory + "/credentials", "AWS_CONFIG_FILE": directory + "/config",
            ])
        }
    }

    @Test("a profile comes from the shared files: the default, AWS_PROFILE, or the configuration's")
    func profiles() async throws {
        try await withFiles { files in
            let byDefault = try await found(files)
            #expect(byDefault == Credentials(accessKeyID: "D", secretAccessKey: "ds"))
            let work = Credentials(accessKeyID: "W", secretAccessKey: "w+/s=", sessionToken: "wt")
            let byVariable = try await found(files.merging(["AWS_PROFILE": "work"]) { $1 })
            #expect(byVariable == work)
            let keys = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"]
            let byConfiguration = try await found(files.merging(keys) { $1 }, profile: "work")
            #expect(byConfiguration == work)
        }
    }

    @Test(
        "a profile that does not work says why",
        arguments: [
            ("missing", "no profile missing in"), ("half", "not both"), ("sso", "wants sso_start_url"),
            ("circle", "lead in a circle"),
        ]
    )
    func badProfiles(_ name: String, _ reason: String) async throws {
        try await withFiles { files in
            let text = await error(files, profile: name)
            #expect(text.contains(reason))
        }
    }

    private static func stsAnswer(_ action: String, expires: String = "2030-01-01T00:00:00Z") -> StubServer.Answer {
        .answer(
            200,
            [],
            """
            <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result><Credentials>
            <AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s/s+</SecretAccessKey><SessionToken>t==</SessionToken>
            <Expiration>\(expires)</Expiration></Credentials></\(action)Result></\(action)Response>
            """
        )
    }

    private static func form(_ request: StubServer.Request) -> [String: String] {
        var form: [String: String] = [:]
        for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1).map(String.init)
            form[halves[0]] = PercentEncoding.decode(halves[1])
        }
        return form
    }

    @Test("a web identity's token becomes a role's credentials, read anew each time")
    func webIdentity() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory + "/token"
            try "first.token\n".write(toFile: file, atomically: true, encoding: .utf8)
            let clock = TestClock(at: 0)
            let soon = Self.stsAnswer("AssumeRoleWithWebIdentity", expires: "1970-01-01T01:00:00Z")
            let later = Self.stsAnswer("AssumeRoleWithWebIdentity")
            try await StubServer.run(StubServer.script(.answer(500), soon, later)) { server in
                let chain = chain(
                    [
                        "AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/example",
                        "AWS_ROLE_SESSION_NAME": "pod-1", "AWS_ENDPOINT_URL_STS": server.origin,
                    ],
                    clock: clock.clock
                )
                let found = try await chain.credentials()
                #expect(found.accessKeyID == "ASIA" && found.secretAccessKey == "s/s+" && found.sessionToken == "t==")
                #expect(found.expires == 3_600_000_000)
                let form = Self.form(try #require(server.requests.last))
                #expect(form["Action"] == "AssumeRoleWithWebIdentity" && form["Version"] == "2011-06-15")
                #expect(form["RoleArn"] == "arn:aws:iam::123456789012:role/example")
                #expect(form["RoleSessionName"] == "pod-1" && form["WebIdentityToken"] == "first.token")
                #expect(server.requests.allSatisfy { $0["Authorization"] == nil })

                try "second.token".write(toFile: file, atomically: true, encoding: .utf8)
                clock.advance(seconds: 3400)
                #expect(try await chain.credentials().expires == 1_893_456_000_000_000)
                #expect(Self.form(try #require(server.requests.last))["WebIdentityToken"] == "second.token")
            }
        }
    }

    @Test("STS's refusal is in the error")
    func refusedIdentity() async throws {
        try await withTemporaryDirectory { directory in
            try "token".write(toFile: directory + "/token", atomically: true, encoding: .utf8)
            let refusal = StubServer.Answer.answer(
                403,
                [],
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no trust</Message></Error></ErrorResponse>"
            )
            try await StubServer.run({ _ in refusal }) { server in
                let text = await error([
                    "AWS_WEB_IDENTITY_TOKEN_FILE": directory + "/token", "AWS_ROLE_ARN": "arn:example",
                    "AWS_ENDPOINT_URL_STS": server.origin,
                ])
                #expect(text.contains("answered 403 AccessDenied no trust"))
            }
            let text = await error(["AWS_WEB_IDENTITY_TOKEN_FILE": directory + "/none", "AWS_ROLE_ARN": "arn:example"])
            #expect(text.contains("there is no such file"))
        }
    }

    @Test("a profile's role is taken on with the source profile's keys, signed")
    func assumedRole() async throws {
        try await withFiles { files in
            try await StubServer.run({ _ in Self.stsAnswer("AssumeRole") }) { server in
                let environment = files.merging(["AWS_ENDPOINT_URL_STS": server.origin]) { $1 }
                let found = try await chain(environment, profile: "role").credentials()
                #expect(found.accessKeyID == "ASIA")
                let request = try #require(server.requests.first)
                let form = Self.form(request)
                #expect(form["Action"] == "AssumeRole" && form["ExternalId"] == "ext 1")
                #expect(request["Authorization"]?.contains("Credential=W/") == true)
                #expect(request["Authorization"]?.contains("/eu-west-1/sts/aws4_request") == true)
                #expect(request["X-Amz-Security-Token"] == "wt")
            }
        }
    }

    private static let metadata = """
        {"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2030-01-01T00:00:00Z"}
        """

    @Test("a container's credentials come from its agent, with the token from a file")
    func container() async throws {
        try await withTemporaryDirectory { directory in
            try "container-token\n".write(toFile: directory + "/token", atomically: true, encoding: .utf8)
            try await StubServer.run(StubServer.script(.answer(503), .answer(200, [], Self.metadata))) { server in
                let found = try await chain([
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin + "/v1/credentials?x=1",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": directory + "/token",
                ]).credentials()
                #expect(found.accessKeyID == "ASIA" && found.sessionToken == "t")
                #expect(found.expires == 1_893_456_000_000_000)
                let request = try #require(server.requests.last)
                #expect(request["Authorization"] == "container-token")
                #expect(request.path == "/v1/credentials" && request.query == ["x": "1"])
            }
        }
    }

    @Test("a container's token from the environment is sent, unless it would break the request")
    func containerToken() async throws {
        try await StubServer.run({ _ in .answer(200, [], Self.metadata) }) { server in
            let uri = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.origin]
            _ = try await chain(uri.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic abc"]) { $1 }).credentials()
            #expect(server.requests.last?["Authorization"] == "Basic abc")
            let text = await error(uri.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nX-Evil: 1"]) { $1 })
            #expect(text.contains("control character"))
        }
    }

    @Test(
        "plain HTTP goes to this machine or to the container agent only",
        arguments: [
            ("http://example.org/", false), ("http://169.254.170.2.example.org/", false), ("http://128.0.0.1/", false),
            ("http://127.1/", false),
        ]
    )
    func containerHost(_ uri: String, _ trusted: Bool) async {
        #expect(await error(["AWS_CONTAINER_CREDENTIALS_FULL_URI": uri]).contains("neither https nor") == !trusted)
    }

    @Test("the agents' own addresses are trusted, and a relative URI leads to that of ECS")
    func containerAddresses() {
        for host in [
            "127.0.0.1", "127.9.9.9", "[::1]", "localhost", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
        ] {
            #expect(ContainerCredentials.isTrusted(host))
        }
        let source = ContainerCredentials(
            caller: MetadataCaller(http: HTTPExchange(client: testHTTP), clock: .system),
            environment: AWSEnvironment([
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/",
            ])
        )
        #expect(source.location == "http://169.254.170.2/v2/x")
    }

    @Test("an EC2 instance's role comes with a session token first")
    func instance() async throws {
        let handler: StubServer.Handler = { request in
            switch (request.method, request.path) {
            case ("PUT", "/latest/api/token"):
                request["X-aws-ec2-metadata-token-ttl-seconds"] == nil ? .answer(400) : .answer(200, [], "imds-token==")
            case (_, _) where request["X-aws-ec2-metadata-token"] != "imds-token==": .answer(401)
            case ("GET", "/latest/meta-data/iam/security-credentials/"): .answer(200, [], "example-role")
            case ("GET", "/latest/meta-data/iam/security-credentials/example-role"): .answer(200, [], Self.metadata)
            default: .answer(404)
            }
        }
        try await StubServer.run(handler) { server in
            let environment = [
                "AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.origin + "/",
            ]
            let found = try await found(environment)
            #expect(found.accessKeyID == "ASIA")
            #expect(server.requests.count == 3)
        }
    }

    @Test("an instance without a role, or with an answer that is none, gives a reason")
    func noRole() async throws {
        let handlers: [(StubServer.Handler, String)] = [
            ({ $0.method == "PUT" ? .answer(200, [], "t") : .answer(404) }, "the instance has no role"),
            (
                { $0.method == "PUT" ? .answer(200, [], "t") : .answer(200, [], "{}") },
                "without credentials for the role"
            ),
            ({ _ in .answer(403) }, "gives no session token, it answered 403"),
            ({ _ in .hangUp }, "no answer from"),
        ]
        for (handler, reason) in handlers {
            try await StubServer.run(handler) { server in
                let text = await error([
                    "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.origin,
                ])
                #expect(text.contains(reason))
            }
        }
    }
}
