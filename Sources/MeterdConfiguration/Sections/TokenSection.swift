/// One entry of the `server.tokens` section.
enum TokenSection {
    /// The most tokens: what a client shows is compared with every one of them.
    static let limit = 1000

    static let name = Key<String>(
        "name",
        .matching(.name),
        .required,
        "what log lines and metrics call whoever shows the token; names differ"
    )
    static let sha256 = Key<[UInt8]>(
        "sha256",
        .digest,
        .optional,
        "the token's SHA-256 in hexadecimal digits, as meterd token prints it; or token"
    )
    static let token = Key<[UInt8]>(
        "token",
        .tokenFromEnvironment,
        .optional,
        "the token itself, which stands in the environment and never in the file: ${NAME}; or sha256"
    )
    static let scopes = Key<[Placed<ServerSettings.Scope>]>(
        "scopes",
        .list(of: .choice("a scope"), isFilled: true),
        .required,
        "what it is good for: ingest posts events, query reads, admin changes meters, corrects events, makes portal tokens "
            + "and runs reports; none holds another"
    )
    static let rateLimit = Key<ServerSettings.RateLimit>(
        "rateLimit",
        RateLimitSection.rule,
        .optional,
        "how much it may ask; without it, as much as it likes"
    )

    private static let keys: [any DescribedKey] = [name, sha256, token, scopes, rateLimit]

    static let rule = Rule<TokenDraft>.object(
        "somebody who may ask",
        keys: keys,
        schema: JSONValue.schema(of: keys, about: "somebody who may ask").adding([
            .init(
                name: "oneOf",
                value: .array([sha256.name, token.name].map { .members(["required": .texts([$0])]) })
            )
        ]),
        build: TokenDraft.init
    )
}

/// A token as far as it could be read.
struct TokenDraft: Sendable {
    var name: Placed<String>?
    var digest: Placed<[UInt8]>?
    /// nil when something of it is wrong.
    var token: ServerSettings.Token?

    init(_ fields: Fields) {
        typealias Keys = TokenSection
        name = fields.placed(Keys.name)
        let digest = Self.digest(fields)
        self.digest = digest
        let scopes = Self.scopes(fields)
        let limit = fields(Keys.rateLimit)
        guard let name, let digest, let scopes, fields.has(Keys.rateLimit) == (limit != nil) else { return }
        token = ServerSettings.Token(name: name.value, digest: digest.value, scopes: scopes, rateLimit: limit)
    }

    private static func digest(_ fields: Fields) -> Placed<[UInt8]>? {
        typealias Keys = TokenSection
        let sha256 = fields.placed(Keys.sha256)
        let token = fields.placed(Keys.token)
        guard fields.has(Keys.sha256) != fields.has(Keys.token) else {
            let both = fields.has(Keys.token)
            fields.spot.diagnostics.report(
                both ? max(fields.position(of: Keys.sha256), fields.position(of: Keys.token)) : fields.position,
                "\(fields.spot.name) has \(both ? "both sha256 and token" : "neither sha256 nor token")",
                allowed: "a token has one of them: the SHA-256 that meterd token prints, or ${NAME}"
            )
            return nil
        }
        return sha256 ?? token
    }

    private static func scopes(_ fields: Fields) -> Set<ServerSettings.Scope>? {
        guard let list = fields.placed(TokenSection.scopes) else { return nil }
        let diagnostics = fields.spot.diagnostics
        if list.node.isEmptyList {
            diagnostics.report(
                list.position,
                "\(fields.spot.name).scopes is empty",
                allowed: "write at least one of ingest, query, admin"
            )
        }
        var lines: [ServerSettings.Scope: Int] = [:]
        for scope in list.value {
            if let line = lines[scope.value] {
                diagnostics.report(
                    scope.position,
                    "the token has the scope \(scope.shown) twice",
                    allowed: "it is on line \(line) already"
                )
            } else {
                lines[scope.value] = scope.position.line
            }
        }
        guard !list.value.isEmpty, list.value.count == list.node.entryCount else { return nil }
        return Set(lines.keys)
    }
}

/// The `rateLimit` of a token.
private enum RateLimitSection {
    private static let requests = Key<Int>(
        "requests",
        .integer(1...1_000_000),
        .optional,
        "how many requests a second, in the long run"
    )
    private static let events = Key<Int>(
        "events",
        .integer(1...1_000_000_000),
        .optional,
        "how many events a second, in the long run"
    )
    private static let burst = Key<Int>(
        "burst",
        .duration(1...3_600, "1s to 1h"),
        .standard("10s"),
        "how long a rest saves up for: so many seconds' worth may come at once"
    )
    private static let keys: [any DescribedKey] = [requests, events, burst]

    static let rule = Rule<ServerSettings.RateLimit>.object(
        "how much a token may ask",
        keys: keys,
        schema: JSONValue.schema(of: keys, about: "how much a token may ask").adding([
            .init(
                name: "anyOf",
                value: .array([requests.name, events.name].map { .members(["required": .texts([$0])]) })
            )
        ])
    ) { fields in
        let requests = fields(requests)
        let events = fields(events)
        let burst = fields(burst)
        guard fields.has(Self.requests) || fields.has(Self.events) else {
            fields.spot.report(
                "\(fields.spot.name) has neither requests nor events",
                allowed: "write one of them or both, each a number a second"
            )
            return nil
        }
        guard fields.has(Self.requests) == (requests != nil), fields.has(Self.events) == (events != nil), let burst
        else { return nil }
        return ServerSettings.RateLimit(requestsPerSecond: requests, eventsPerSecond: events, burstSeconds: burst)
    }
}
