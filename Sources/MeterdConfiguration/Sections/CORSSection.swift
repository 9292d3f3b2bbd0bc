/// The `server.cors` section.
enum CORSSection {
    /// The most origins.
    private static let originLimit = 100

    private static let origins = Key<[Placed<String>]>(
        "origins",
        .list(of: .origin, isFilled: true),
        .required,
        "whose pages may ask: origins as browsers send them, such as https://app.example.org, or one * for all"
    )
    private static let maxAge = Key<Int>(
        "maxAge",
        .duration(0...86_400, "0s to 1d"),
        .standard("10m"),
        "how long a browser may keep the answer to its question whether it may ask"
    )

    static let rule = Rule<ServerSettings.CORS>.object(
        "which pages of other origins may ask",
        keys: [origins, maxAge]
    ) { fields in
        let maxAge = fields(maxAge)
        guard let list = fields.placed(origins), areGood(list, fields), let maxAge else { return nil }
        let names = list.value.map(\.value)
        return ServerSettings.CORS(origins: names == ["*"] ? .any : .exact(names), maxAgeSeconds: maxAge)
    }

    private static func areGood(_ list: Placed<[Placed<String>]>, _ fields: Fields) -> Bool {
        let diagnostics = fields.spot.diagnostics
        if list.node.isEmptyList {
            diagnostics.report(
                list.position,
                "\(fields.spot.name).origins is empty",
                allowed: "name an origin, or take out cors: without it no page of another origin may ask"
            )
            return false
        }
        if list.value.count > originLimit {
            diagnostics.report(
                list.position,
                "\(fields.spot.name).origins has \(list.value.count) entries",
                allowed: "at most \(originLimit), or one * for all"
            )
            return false
        }
        var isGood = list.value.count == list.node.entryCount
        var lines: [String: Int] = [:]
        for origin in list.value {
            if let line = lines[origin.value] {
                diagnostics.report(
                    origin.position,
                    "the origin \(origin.shown) is there twice",
                    allowed: "it is on line \(line) already"
                )
                isGood = false
            }
            lines[origin.value] = origin.position.line
        }
        if let every = list.value.first(where: { $0.value == "*" }), lines.count > 1 {
            diagnostics.report(
                every.position,
                "* stands beside other origins",
                allowed: "* is every origin, write it alone or take it out"
            )
            isGood = false
        }
        return isGood
    }
}

extension Rule where Value == String {
    /// An origin as browsers write it (RFC 6454, section 6.2), or `*`.
    fileprivate static let origin = scalar(
        "an origin",
        allowed: "an origin is a scheme, a host and perhaps a port, such as https://app.example.org, or * for all",
        schema: .members(["type": .text("string"), "pattern": .text("^(\\*|[a-z][a-z0-9+.-]*://[^/]+)$")])
    ) { text throws(ScalarFault) in
        if text == "*" { return text }
        if text == "null" { throw ScalarFault(reason: "is what browsers call pages without an origin, anybody's") }
        guard let parts = text.wholeMatch(of: pattern)?.output else { throw ScalarFault() }
        if !parts.path.isEmpty {
            throw ScalarFault(
                reason: "has something behind its host",
                allowed: "an origin has no path, not even a / at its end"
            )
        }
        if text != text.lowercased() {
            throw ScalarFault(reason: "has capitals", allowed: "browsers send origins in lower case")
        }
        if let port = parts.port.map(String.init) {
            guard let number = Int(port), (1...65_535).contains(number), String(number) == port else {
                throw ScalarFault()
            }
            if usualPorts[String(parts.scheme)] == number {
                throw ScalarFault(
                    reason: "names the usual port of its scheme",
                    allowed: "browsers leave the usual port out of origins"
                )
            }
        }
        return text
    }

    private static let usualPorts = ["http": 80, "https": 443]

    private static var pattern: Regex<(Substring, scheme: Substring, port: Substring?, path: Substring)> {
        /(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?<port>[0-9]{1,5}))?(?<path>(?:[\/?#].*)?)/
    }
}
