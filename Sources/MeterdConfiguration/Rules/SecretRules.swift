import Crypto

extension Rule where Value == [UInt8] {
    /// SHA-256 of a token, as `meterd token` prints it. It is not shown: what is there instead may be the token itself.
    static let digest = scalar(
        "a SHA-256",
        allowed: "a SHA-256 is 64 hexadecimal digits, as meterd token prints them",
        schema: .members(["type": .text("string"), "pattern": .text("^[0-9A-Fa-f]{64}$")]),
        isSecret: true
    ) { text throws(ScalarFault) in
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == 64 else { throw ScalarFault() }
        let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        if bytes == Array(SHA256.hash(data: [UInt8]())) {
            throw ScalarFault(reason: "is the SHA-256 of the empty text, which is no token")
        }
        return bytes
    }

    /// A token's own text, hashed as soon as it is read.
    static let tokenFromEnvironment = fromEnvironment(
        "a token",
        allowed: "a token is 16 to 512 letters, digits and - . _ ~ + /, with = at its end only (RFC 6750, section "
            + "2.1); meterd token makes one",
        instead: "write ${NAME} and nothing else, or sha256 with what meterd token prints"
    ) { text throws(ScalarFault) in
        guard (16...512).contains(text.utf8.count),
            text.wholeMatch(of: /[A-Za-z0-9._~+\/-]+=*/.matchingSemantics(.unicodeScalar)) != nil
        else { throw ScalarFault() }
        return Array(SHA256.hash(data: Array(text.utf8)))
    }

    /// A key for HMAC SHA-256, which is no shorter than its hash (RFC 7518, section 3.2).
    static let signingSecret = fromEnvironment(
        "a secret",
        allowed: "a secret is 32 to 1024 bytes, such as meterd token prints",
        instead: "write ${NAME} and nothing else"
    ) { text throws(ScalarFault) in
        guard (32...1024).contains(text.utf8.count) else { throw ScalarFault() }
        return Array(text.utf8)
    }

    /// Text that stands in the environment and never in the file.
    private static func fromEnvironment(
        _ noun: String,
        allowed: String,
        instead: String,
        parse: @escaping @Sendable (String) throws(ScalarFault) -> [UInt8]
    ) -> Rule {
        let rule = scalar(noun, allowed: allowed, schema: .object([]), isSecret: true, parse: parse)
        let schema: JSONValue = .members([
            "type": .text("string"), "pattern": .text("^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$"),
        ])
        return Rule(schema: schema) { spot in
            if case .scalar(let scalar) = spot.node.content, !scalar.isVariable, !scalar.isBroken,
                !scalar.written.isEmpty,
                !scalar.isNull
            {
                spot.report("\(spot.name) stands in the file itself", allowed: instead)
                return nil
            }
            return rule.read(spot)
        }
    }
}
