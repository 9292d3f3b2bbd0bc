import Foundation
import TestServers
import Testing

@testable import HTTPServer

@Suite("Tokens of the portal")
struct PortalTokensTests {
    private static let secret = "an example of a secret with 40 bytes ..."
    private static let now: Int64 = 1_749_283_750
    private static let claims = PortalClaims(
        id: "t-1",
        subject: "Kundin \"ü\"/7",
        meters: ["tokens", "bytes"],
        issuedAt: now,
        expiresAt: now + 60
    )

    private func tokens(_ secret: String = secret) throws -> PortalTokens {
        PortalTokens(try #require(PortalSecret(secret.utf8)))
    }

    /// A token of any header and payload, with a good signature.
    private func forge(_ header: String, _ payload: String) -> String {
        SignedText.make(header, payload, secret: Self.secret)
    }

    @Test("what is signed is verified and comes back, with and without a list of meters")
    func roundTrip() throws {
        let tokens = try tokens()
        var claims = Self.claims
        #expect(try tokens.verify(tokens.sign(claims), now: Self.now) == claims)
        claims.meters = nil
        #expect(try tokens.verify(tokens.sign(claims), now: Self.now) == claims)
        #expect(try tokens.verify(tokens.sign(claims), now: Self.now + 59) == claims)
    }

    @Test("the signature is what another program makes of the same text and key")
    func independent() async throws {
        let parts = try tokens().sign(Self.claims).split(separator: ".").map(String.init)
        let key = Self.secret.utf8.map { String(format: "%02x", $0) }.joined()
        let outcome = try await Command.run(
            [TestCertificates.openssl, "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(key)"],
            input: "\(parts[0]).\(parts[1])"
        )
        let digits = outcome.output.split(separator: " ").last.map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let signature = try #require(Base64URL.decode(parts[2][...]))
        #expect(digits == signature.map { String(format: "%02x", $0) }.joined())
        let header = try #require(Base64URL.decode(parts[0][...]))
        #expect(String(decoding: header, as: UTF8.self) == #"{"alg":"HS256","typ":"JWT"}"#)
    }

    @Test("the example of RFC 7515 appendix A.1 has a good signature, and was not made for the portal")
    func rfc7515() throws {
        let key = try #require(
            Base64URL.decode(
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
            )
        )
        let tokens = PortalTokens(try #require(PortalSecret(key)))
        let token =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
            + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        #expect(throws: PortalTokenFault.claims) { try tokens.verify(token, now: 0) }
        #expect(throws: PortalTokenFault.signature) { try tokens.verify(String(token.dropLast(2)) + "XU", now: 0) }
    }

    @Test("a token is good until the second it ends, and no longer")
    func expired() throws {
        let token = try tokens().sign(Self.claims)
        for now in [Self.now + 60, Self.now + 61, .max] {
            #expect(throws: PortalTokenFault.expired) { try tokens().verify(token, now: now) }
        }
    }

    @Test("any byte that is changed makes it another token, which is refused")
    func changed() throws {
        let token = Array(try tokens().sign(Self.claims).utf8)
        for place in token.indices {
            var other = token
            other[place] = other[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: PortalTokenFault.self) {
                try tokens().verify(String(decoding: other, as: UTF8.self), now: Self.now)
            }
        }
    }

    @Test("a token that another key signed is refused")
    func otherKey() throws {
        let token = try tokens("another secret that is as long as it needs").sign(Self.claims)
        #expect(throws: PortalTokenFault.signature) { try tokens().verify(token, now: Self.now) }
    }

    @Test(
        "no algorithm but HS256 is taken, and no extension that must be understood",
        arguments: [
            #"{"alg":"none"}"#, #"{"alg":"None","typ":"JWT"}"#, #"{"alg":"hs256"}"#, #"{"alg":"HS384"}"#,
            #"{"alg":"RS256"}"#, #"{"typ":"JWT"}"#, #"{"alg":["HS256"]}"#, #"["HS256"]"#, "HS256", "",
            #"{"alg":"HS256","crit":["exp"]}"#,
        ]
    )
    func algorithms(_ header: String) throws {
        let payload = #"{"aud":"meterd-portal","sub":"s","exp":9999999999}"#
        let token = forge(header, payload)
        #expect(throws: PortalTokenFault.algorithm) { try tokens().verify(token, now: Self.now) }
        let unsigned = token[...(try #require(token.lastIndex(of: ".")))]
        #expect(throws: PortalTokenFault.self) { try tokens().verify(String(unsigned), now: Self.now) }
        #expect(throws: Never.self) { try tokens().verify(forge(#"{"alg":"HS256"}"#, payload), now: Self.now) }
    }

    @Test(
        "a token needs a subject, an end and the portal for its audience, each of the right kind",
        arguments: [
            #"{"aud":"meterd-portal","sub":"s"}"#, #"{"aud":"meterd-portal","exp":9999999999}"#,
            #"{"aud":"meterd-portal","sub":"","exp":9999999999}"#, #"{"sub":"s","exp":9999999999}"#,
            #"{"aud":"other","sub":"s","exp":9999999999}"#, #"{"aud":"meterd-portal","sub":7,"exp":9999999999}"#,
            #"{"aud":"meterd-portal","sub":"s","exp":"9999999999"}"#,
            #"{"aud":"meterd-portal","sub":"s","exp":null}"#, #"{"aud":"meterd-portal","sub":"s","exp":1e400}"#,
            #"{"aud":"meterd-portal","sub":"s","exp":9999999999,"meters":"tokens"}"#, "[]", "not json", "",
        ]
    )
    func claims(_ payload: String) throws {
        let token = forge(#"{"alg":"HS256"}"#, payload)
        #expect(throws: PortalTokenFault.claims) { try tokens().verify(token, now: Self.now) }
    }

    @Test("a token that is not valid yet is refused until then")
    func early() throws {
        let payload = #"{"aud":"meterd-portal","sub":"s","nbf":\#(Self.now),"exp":\#(Self.now + 9)}"#
        let token = forge(#"{"alg":"HS256"}"#, payload)
        #expect(throws: PortalTokenFault.early) { try tokens().verify(token, now: Self.now - 1) }
        #expect(throws: Never.self) { try tokens().verify(token, now: Self.now) }
    }

    @Test(
        "what is not three parts of plain base64url is refused",
        arguments: [
            "", ".", "a.b", "a.b.c.d", "eyJ=.e30.AA", "e+J.e30.AA", "e30.e30.AB", String(repeating: "a", count: 9000),
        ]
    )
    func malformed(_ token: String) throws {
        #expect(throws: PortalTokenFault.malformed) { try tokens().verify(token, now: Self.now) }
    }

    @Test("the credentials of a request are one Authorization field with a token of the portal, otherwise 401")
    func credentials() throws {
        let tokens = try tokens()
        let good = "Bearer " + tokens.sign(Self.claims)
        #expect(try tokens.claims(of: [good], now: Self.now) == Self.claims)
        for values in [[], [good, good], ["Basic x"], ["Bearer x"], [good + "x"]] {
            do throws(Problem) {
                _ = try tokens.claims(of: values, now: Self.now)
                Issue.record("taken: \(values)")
            } catch {
                #expect(error.status == 401)
                #expect(error.headers.contains { $0.name == "WWW-Authenticate" })
            }
        }
    }
}
