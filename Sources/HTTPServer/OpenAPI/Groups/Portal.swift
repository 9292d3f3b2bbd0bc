extension APIGroup {
    /// The portal: usage for whom it belongs to.
    static let portal = APIGroup(
        "Portal",
        "Usage of one subject, for whoever holds a token made for it.",
        paths: [
            APIPath("/api/v1/portal/tokens", makeToken),
            APIPath("/api/v1/portal/meters/{slug}/query", query),
        ],
        schemas: [("PortalToken", token), ("PortalTokenCreate", request)]
    )

    private static let makeToken = APIOperation(
        .post,
        "createPortalToken",
        "Makes a token that shows one subject's usage.",
        access: .scope("admin"),
        body: .json(.named("PortalTokenCreate")),
        answers: [.json(.named("PortalToken"), "The token; it is shown this one time.")],
        problems: [503]
    )

    private static let query = APIOperation(
        .get,
        "queryPortalMeter",
        "Shows the usage of the token's subject.",
        access: .portal,
        parameters: APIParameter.usage,
        answers: [usageAnswer],
        problems: [404, 406, 422, 503]
    )

    private static let request = APISchema.object(
        .always("subject", .plain(1 ... .max)),
        .optional(
            "allowedMeterSlugs",
            .list(of: .plain(1 ... .max), count: 1 ... .max),
            "Only these meters; all of them where it is missing."
        ),
        .optional("expiresAt", .time, "When the token ends; in a day where it is missing.")
    )

    private static let token = APISchema.object(
        .always("id", .text(1 ... .max)),
        .always("subject", .text(1 ... .max)),
        .always("createdAt", .time),
        .always("expiresAt", .time),
        .always("expired", .flag()),
        .always("token", .text(pattern: #"^[\w-]+\.[\w-]+\.[\w-]+$"#), "A JSON Web Token (RFC 7519, HS256)."),
        .perhaps("allowedMeterSlugs", .list(of: .text(1 ... .max)))
    )
}
