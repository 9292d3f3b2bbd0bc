/// The process's environment as AWS's tools read it: an empty variable counts as unset.
struct AWSEnvironment: Sendable {
    private let variables: [String: String]

    init(_ variables: [String: String]) {
        self.variables = variables
    }

    subscript(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The region for STS that the environment names.
    var region: String? {
        self["AWS_REGION"] ?? self["AWS_DEFAULT_REGION"]
    }
}

/// Access keys in environment variables.
struct EnvironmentCredentials: CredentialsSource {
    let name = "environment"
    let environment: AWSEnvironment

    func load() async -> CredentialsFinding {
        switch (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]) {
        case (let id?, let secret?):
            .found(
                Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"])
            )
        case (nil, nil): .absent("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
        case (_, nil): .failed("AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not")
        case (nil, _): .failed("AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not")
        }
    }
}
