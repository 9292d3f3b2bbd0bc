import ReportDefinitions

extension Rule where Value == String {
    /// Text of some length without control characters. Plain `true` and `false` have to be quoted, since whoever writes
    /// them bare means something else; numbers are the text they are written with, to the last zero.
    static func text(_ noun: String = "a text", upTo limit: Int = 256) -> Rule {
        let allowed = "\(noun) is 1 to \(limit) characters, none of them a control character"
        return Rule(
            schema: .members([
                "type": .texts(["string", "number"]), "minLength": .number(1), "maxLength": .number(limit),
            ]),
            read: { spot in
                if case .scalar(let scalar) = spot.node.content, scalar.isPlainBoolean {
                    spot.report(
                        "\(spot.name): \(scalar.shown) is a boolean, not \(noun)",
                        allowed: "put a text in quotes"
                    )
                    return nil
                }
                return scalar(noun, allowed: allowed, schema: .object([])) { text throws(ScalarFault) in
                    let scalars = text.unicodeScalars
                    if scalars.count > limit {
                        throw ScalarFault(reason: "has \(scalars.count) characters", offset: 0)
                    }
                    if let control = scalars.enumerated().first(where: {
                        $0.element.properties.generalCategory == .control
                    }) {
                        throw ScalarFault(reason: "holds a control character", offset: control.offset)
                    }
                    return text
                }.read(spot)
            }
        )
    }

    /// Text of a pattern.
    static func matching(_ pattern: NamePattern) -> Rule {
        let schema: JSONValue = .members([
            "type": .texts(["string", "number"]), "pattern": .text(pattern.pattern),
            "minLength": .number(pattern.length.lowerBound), "maxLength": .number(pattern.length.upperBound),
        ])
        return scalar(pattern.noun, allowed: pattern.allowed, schema: schema) { text throws(ScalarFault) in
            guard pattern.matches(text) else { throw ScalarFault() }
            return text
        }
    }

    /// A currency's code.
    static let currency = scalar(
        "a currency",
        allowed: "a currency is three capitals of ISO 4217 and a country's money, such as USD, EUR or JPY "
            + "(FOCUS 1.0 to 1.4, rule BillingCurrency-C-006-M)",
        schema: .members(["enum": .texts(Currency.codes)])
    ) { text throws(ScalarFault) in
        if Currency.minorUnits(of: text) != nil { return text }
        let upper = text.uppercased()
        throw ScalarFault(
            reason: Currency.minorUnits(of: upper) == nil ? nil : "is not a currency, did you mean '\(upper)'?"
        )
    }

    /// A folder in front of keys: made to end in `/`.
    static let keyPrefix = scalar(
        "a prefix",
        allowed:
            "a prefix is a path such as tokens/ with no / in front, no empty part, no . or .. and at most 512 bytes",
        schema: .members([
            "type": .text("string"), "pattern": .text("^(?!/)(?!.*//)(?!(.*/)?\\.{1,2}(/|$))[^\\\\\\x00-\\x1f\\x7f]+$"),
            "maxLength": .number(512),
        ])
    ) { text throws(ScalarFault) in
        let folder = text.hasSuffix("/") ? text : text + "/"
        if text.hasPrefix("/") { throw ScalarFault(reason: "begins with /") }
        var offset = 0
        for part in folder.unicodeScalars.dropLast().split(separator: "/", omittingEmptySubsequences: false) {
            if part.isEmpty { throw ScalarFault(reason: "holds //", offset: offset) }
            if [".", ".."].contains(String(part)) {
                throw ScalarFault(reason: "holds the part '\(String(part))'", offset: offset)
            }
            offset += part.count + 1
        }
        let isClean = !folder.unicodeScalars.contains { $0 == "\\" || $0.properties.generalCategory == .control }
        guard isClean, folder.utf8.count <= 512 else { throw ScalarFault() }
        return folder
    }

    /// A directory of this machine.
    static let directory = scalar(
        "a directory",
        allowed: "a directory is a path of at most 1024 bytes, relative ones from where meterd is started",
        schema: .members(["type": .text("string"), "minLength": .number(1), "maxLength": .number(1024)])
    ) { text throws(ScalarFault) in
        let isClean = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard isClean, text.utf8.count <= 1024 else { throw ScalarFault() }
        return text
    }

    /// Where an S3 server is, without a path.
    static let endpoint = scalar(
        "an endpoint",
        allowed: "an endpoint is http:// or https://, a host and perhaps a port, without a path",
        schema: .members(["type": .text("string"), "pattern": .text(endpointPattern.pattern)])
    ) { text throws(ScalarFault) in
        let bare = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard endpointPattern.matches(bare) else { throw ScalarFault() }
        if let port = bare.split(separator: ":").last.flatMap({ Int($0) }), !(1...65_535).contains(port) {
            throw ScalarFault()
        }
        return bare
    }

    private static let endpointPattern = NamePattern(
        noun: "",
        pattern: "^https?://(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?/?$",
        allowed: "",
        length: 8...512
    )
}
