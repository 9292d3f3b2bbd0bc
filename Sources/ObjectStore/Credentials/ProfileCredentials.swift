import Glibc

/// A profile of `~/.aws/credentials` and `~/.aws/config`: access keys, or a role to take on with another profile's.
struct ProfileCredentials: CredentialsSource {
    let name = "shared files"
    let environment: AWSEnvironment
    /// The one asked for in the configuration; nil: `AWS_PROFILE`, else `default`.
    let profile: String?
    let tokens: SecurityTokenService
    /// What `credential_source` may say.
    let named: [String: any CredentialsSource]

    func load() async -> CredentialsFinding {
        let wanted = profile ?? environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
        do {
            let shared = try readFiles()
            let name = wanted ?? "default"
            guard shared.profiles[name] != nil else {
                let reason = "no profile \(name) in \(credentialsPath) or \(configPath)"
                return wanted == nil ? .absent(reason) : .failed(reason)
            }
            return await resolve(name, shared, through: [])
        } catch {
            return .failed(error.reason)
        }
    }

    /// Profiles that lead to one another.
    static let chainLimit = 8

    private struct Unreadable: Error {
        var reason: String
    }

    private var home: String {
        environment["HOME"] ?? getpwuid(getuid()).map { String(cString: $0.pointee.pw_dir) } ?? "/"
    }

    private var credentialsPath: String {
        expanded(environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "~/.aws/credentials")
    }

    private var configPath: String {
        expanded(environment["AWS_CONFIG_FILE"] ?? "~/.aws/config")
    }

    private func expanded(_ path: String) -> String {
        path.hasPrefix("~/") ? home + path.dropFirst(1) : path
    }

    private func readFiles() throws(Unreadable) -> SharedProfiles {
        var shared = SharedProfiles()
        for (path, kind) in [(configPath, SharedProfiles.Kind.config), (credentialsPath, .credentials)] {
            do {
                shared.add(try CredentialsFile.read(path), as: kind)
            } catch {
                if case .unreadable(let reason) = error { throw Unreadable(reason: "\(path): \(reason)") }
            }
        }
        return shared
    }

    private func resolve(
        _ name: String,
        _ shared: SharedProfiles,
        through chain: [String]
    ) async -> CredentialsFinding {
        guard let settings = shared.profiles[name] else {
            return .failed("no profile \(name), which \(chain) leads to")
        }
        guard chain.count < Self.chainLimit else { return .failed("more than \(Self.chainLimit) profiles in a row") }
        // A role's source may be the profile itself, which then holds the keys too.
        let isOwnSource = chain.last == name
        if let role = settings["role_arn"], !isOwnSource {
            guard !chain.contains(name) else { return .failed("the profiles \(chain) lead in a circle") }
            return await assume(role, settings, shared, through: chain + [name])
        }
        switch (settings["aws_access_key_id"], settings["aws_secret_access_key"]) {
        case (let id?, let secret?):
            return .found(
                Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: settings["aws_session_token"])
            )
        case (nil, nil): return withoutKeys(name, settings)
        default: return .failed("profile \(name) has one of aws_access_key_id and aws_secret_access_key, not both")
        }
    }

    private func withoutKeys(_ name: String, _ settings: [String: String]) -> CredentialsFinding {
        for key in settings.keys.sorted() where key.hasPrefix("sso_") || key == "credential_process" {
            return .failed("profile \(name) wants \(key), which meterd does not do")
        }
        let reason = "profile \(name) has no aws_access_key_id"
        return profile == nil && environment["AWS_PROFILE"] == nil ? .absent(reason) : .failed(reason)
    }

    private func assume(
        _ role: String,
        _ settings: [String: String],
        _ shared: SharedProfiles,
        through chain: [String]
    ) async -> CredentialsFinding {
        let session = settings["role_session_name"]
        if let file = settings["web_identity_token_file"] {
            return await tokens.assumeRole(
                role,
                session: session,
                webIdentityTokenFile: expanded(file),
                region: settings["region"]
            )
        }
        let source: CredentialsFinding
        if let other = settings["source_profile"] {
            source = await resolve(other, shared, through: chain)
        } else if let place = settings["credential_source"] {
            guard let known = named[place] else { return .failed("credential_source \(place) is not known") }
            source = await known.load()
        } else {
            return .failed("role_arn stands without source_profile, credential_source or web_identity_token_file")
        }
        switch source {
        case .found(let credentials):
            return await tokens.assumeRole(
                role,
                session: session,
                externalID: settings["external_id"],
                with: credentials,
                region: settings["region"]
            )
        case .absent(let reason), .failed(let reason): return .failed("for the role \(role): \(reason)")
        }
    }
}
