import CloudEvents

/// The `server:` section.
enum ServerSection {
    static let listen = Key<ListenAddress>(
        "listen",
        .listenAddress,
        .standard("127.0.0.1:8888"),
        "the host and port to answer on; 0.0.0.0 or [::] for all of this machine's addresses, port 0 for a free one"
    )
    static let profile = Key<Profile>(
        "profile",
        .choice("a profile"),
        .standard("openmeter"),
        "which events are good: openmeter wants a subject, and data that is an object or null; cloudevents takes all that "
            + "CloudEvents 1.0.2 allows"
    )
    static let limits = Key<ServerSettings.Limits>("limits", limitsRule, .section, "limits of one request")

    static let usageMetrics = Key<ServerSettings.UsageMetrics>(
        "usageMetrics",
        usageMetricsRule,
        .section,
        "the page /metrics/usage, usage for Prometheus"
    )

    static let tokens = Key<[Placed<TokenDraft>]>(
        "tokens",
        .list(of: TokenSection.rule),
        .section,
        "who may ask; without any, everything is open, and the server listens on loopback only"
    )
    static let insecure = Key<Bool>(
        "insecure",
        .boolean,
        .standard("false"),
        "true: listen beyond loopback without tokens, where something else keeps others out"
    )
    static let tls = Key<ServerSettings.TLS>("tls", TLSSection.rule, .optional, "how connections are encrypted")
    static let cors = Key<ServerSettings.CORS>(
        "cors",
        CORSSection.rule,
        .optional,
        "which pages of other origins may ask; without it, none"
    )
    static let portal = Key<ServerSettings.Portal>(
        "portal",
        PortalSection.rule,
        .section,
        "portal tokens, which answer for one subject"
    )

    static let rule = Rule<ServerSettings>.object(
        "the HTTP server",
        keys: [listen, profile, limits, usageMetrics, tokens, insecure, tls, cors, portal]
    ) { fields in
        let listen = fields.placed(listen)
        let profile = fields(profile)
        let limits = fields(limits)
        let usageMetrics = fields(usageMetrics)
        let access = access(fields, listen: listen)
        let tls = fields(tls)
        guard let listen, let profile, let limits, let usageMetrics, let access, fields.has(Self.tls) == (tls != nil)
        else { return nil }
        return ServerSettings(
            listen: listen.value,
            profile: profile,
            limits: limits,
            usageMetrics: usageMetrics,
            access: access,
            tls: tls
        )
    }

    private static func access(_ fields: Fields, listen: Placed<ListenAddress>?) -> ServerSettings.Access? {
        let tokens = fields.placed(tokens)
        let insecure = fields.placed(insecure)
        let cors = fields.placed(cors)
        let portal = fields(portal)
        AccessCheck(
            listen: listen,
            tokens: tokens,
            isInsecure: insecure,
            cors: cors,
            diagnostics: fields.spot.diagnostics
        ).check()
        guard let tokens, let insecure, let portal, fields.has(Self.cors) == (cors != nil) else { return nil }
        return ServerSettings.Access(
            tokens: tokens.value.compactMap(\.value.token),
            isInsecure: insecure.value,
            cors: cors?.value,
            portal: portal
        )
    }

    private static let body = Key<Int>(
        "body",
        .size(1 << 10...1 << 30, "1KiB to 1GiB"),
        .standard("8MiB"),
        "the largest body, after decompression too"
    )
    private static let events = Key<Int>(
        "events",
        .integer(1...1_000_000),
        .standard("10000"),
        "the most events of one batch"
    )
    private static let event = Key<Int>(
        "event",
        .size(1 << 10...1 << 28, "1KiB to 256MiB"),
        .standard("256KiB"),
        "the largest event; not more than body"
    )

    private static let series = Key<Int>(
        "series",
        .integer(0...1_000_000),
        .standard("10000"),
        "the most series on the page; what is beyond is counted and left out. 0: there is no such page"
    )

    private static let usageMetricsRule = Rule<ServerSettings.UsageMetrics>.object(
        "the page /metrics/usage, usage for Prometheus",
        keys: [series]
    ) { fields in
        fields(series).map(ServerSettings.UsageMetrics.init(seriesLimit:))
    }

    private static let limitsRule = Rule<ServerSettings.Limits>.object(
        "limits of one request",
        keys: [body, events, event]
    ) { fields in
        let body = fields(body)
        let events = fields(events)
        guard let event = fields.placed(event), let body, let events else { return nil }
        if event.value > body {
            fields.spot.diagnostics.report(
                fields.has(Self.event) ? event.position : fields.position(of: Self.body),
                "an event may be larger than a body",
                allowed: "event is at most body, without event it is 256KiB"
            )
        }
        return ServerSettings.Limits(body: body, events: events, event: event.value)
    }
}

extension Rule where Value == ListenAddress {
    fileprivate static let listenAddress = scalar(
        "a host and port",
        allowed: "write host:port such as 127.0.0.1:8888 or [::1]:8888, the port from 0 to 65535",
        schema: .members([
            "type": .text("string"), "pattern": .text("^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$"),
        ])
    ) { text throws(ScalarFault) in
        guard let colon = text.lastIndex(of: ":") else { throw ScalarFault(reason: "has no port") }
        let digits = text[text.index(after: colon)...]
        var host = text[..<colon]
        let isAddress = host.hasPrefix("[") && host.hasSuffix("]")
        if isAddress { host = host.dropFirst().dropLast() }
        let allowed: (Character) -> Bool =
            isAddress
            ? { $0.isHexDigit && $0.isASCII || $0 == ":" || $0 == "." }
            : { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        guard !host.isEmpty, host.allSatisfy(allowed), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let port = Int(digits), (0...65_535).contains(port)
        else { throw ScalarFault() }
        return ListenAddress(host: String(host), port: port)
    }
}
