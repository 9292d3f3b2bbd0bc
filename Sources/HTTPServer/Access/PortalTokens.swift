import Crypto
import Foundation

/// What a token of the portal says.
struct PortalClaims: Sendable, Hashable {
    /// Tells one token from another.
    var id: String
    /// Whose usage may be seen.
    var subject: String
    /// The meters whose usage may be seen; nil for all.
    var meters: [String]?
    /// Seconds since 1970-01-01T00:00:00Z at which it was made; nil when it does not say.
    var issuedAt: Int64?
    /// Seconds since 1970-01-01T00:00:00Z at which it ends.
    var expiresAt: Int64
}

/// Signs and verifies the tokens of the portal: JSON Web Tokens (RFC 7519) in the compact serialization of RFC 7515
/// section 7.1, with HMAC and SHA-256 and nothing else (RFC 8725 section 3.1).
struct PortalTokens: Sendable {
    private let key: SymmetricKey

    /// Bytes of the longest token looked at.
    static let longest = 8192
    /// Base64url of `{"alg":"HS256","typ":"JWT"}`.
    private static let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    /// Keeps these tokens apart from others that the same key may sign (RFC 8725 section 3.9).
    private static let audience = "meterd-portal"

    init(_ secret: PortalSecret) {
        key = SymmetricKey(data: secret.bytes)
    }

    /// A signed token that says this.
    func sign(_ claims: PortalClaims) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("aud", Self.audience)
            json.member("jti", claims.id)
            json.member("sub", claims.subject)
            if let meters = claims.meters {
                json.key("meters")
                json.array { json in for meter in meters { json.string(meter) } }
            }
            if let issuedAt = claims.issuedAt { json.member("iat", Int(issuedAt)) }
            json.member("exp", Int(claims.expiresAt))
        }
        let signed = Self.header + "." + Base64URL.encode(json.bytes)
        return signed + "." + Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key))
    }

    /// What a token says, at `now` in seconds since 1970-01-01T00:00:00Z. Nothing of it is looked at before its signature
    /// has been found good, but for the header, which must name the one algorithm there is.
    func verify(_ token: String, now: Int64) throws(PortalTokenFault) -> PortalClaims {
        guard token.utf8.count <= Self.longest else { throw .malformed }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        try Self.check(header: header)
        // In constant time: the two codes are compared to their end.
        let isGood = HMAC<SHA256>.isValidAuthenticationCode(
            signature,
            authenticating: Data("\(parts[0]).\(parts[1])".utf8),
            using: key
        )
        guard isGood else { throw .signature }
        guard let claims = try? JSONDecoder().decode(Payload.self, from: payload), claims.aud == Self.audience,
            !claims.sub.isEmpty
        else { throw .claims }
        if let from = claims.nbf, now < from { throw .early }
        guard now < claims.exp else { throw .expired }
        return PortalClaims(
            id: claims.jti ?? "",
            subject: claims.sub,
            meters: claims.meters,
            issuedAt: claims.iat,
            expiresAt: claims.exp
        )
    }

    private static func check(header: Data) throws(PortalTokenFault) {
        // `crit` names extensions that must be understood; none is (RFC 7515 section 4.1.11).
        guard let members = try? JSONSerialization.jsonObject(with: header) as? [String: Any],
            members["alg"] as? String == "HS256", members["crit"] == nil
        else { throw .algorithm }
    }

    /// The claims of RFC 7519 section 4.1, times in whole seconds, and ours.
    private struct Payload: Decodable {
        var aud: String
        var jti: String?
        var sub: String
        var meters: [String]?
        var iat: Int64?
        var nbf: Int64?
        var exp: Int64
    }
}

/// Why a token of the portal is not taken.
enum PortalTokenFault: Error, Hashable, CustomStringConvertible {
    case malformed, algorithm, signature, claims, early, expired

    var description: String {
        switch self {
        case .malformed: "the token is not a JSON Web Token of three parts in base64url"
        case .algorithm: "the token is not signed with HS256"
        case .signature: "the token was not signed by this server, or has been changed"
        case .claims: "the token has no subject, no end, or was not made for the portal"
        case .early: "the token is not valid yet"
        case .expired: "the token has expired; ask for another one"
        }
    }
}
