/// The `server.portal` section.
enum PortalSection {
    private static let secret = Key<[UInt8]>(
        "secret",
        .signingSecret,
        .optional,
        "what portal tokens are signed with, in the environment and never in the file: ${NAME}; without it, a key that the "
            + "store makes and keeps"
    )
    private static let maximumLife = Key<Int>(
        "maximumLife",
        .duration(60...366 * 86_400, "1m to 366d"),
        .standard("30d"),
        "the longest that a portal token may live"
    )

    static let rule = Rule<ServerSettings.Portal>.object(
        "tokens that answer for one subject",
        keys: [secret, maximumLife]
    ) { fields in
        let secret = fields(secret)
        guard let life = fields(maximumLife), fields.has(Self.secret) == (secret != nil) else { return nil }
        return ServerSettings.Portal(secret: secret.map(ServerSettings.Secret.init(bytes:)), maximumLifeSeconds: life)
    }
}
