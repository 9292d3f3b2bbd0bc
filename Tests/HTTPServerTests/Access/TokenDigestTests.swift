import Observability
import Testing

@testable import HTTPServer

@Suite("Digests of access tokens")
struct TokenDigestTests {
    /// FIPS 180-2 appendix B.1.
    private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test("the digest is SHA-256, read and written in hexadecimal or as 32 bytes")
    func sha256() throws {
        let digest = TokenDigest(of: "abc")
        #expect(digest.hexadecimal == Self.abc)
        #expect(TokenDigest(hexadecimal: Self.abc) == digest)
        #expect(TokenDigest(hexadecimal: Self.abc.uppercased()) == digest)
        let bytes = try stride(from: 0, to: 64, by: 2).map { place in
            try #require(UInt8(Self.abc.dropFirst(place).prefix(2), radix: 16))
        }
        #expect(TokenDigest(bytes) == digest)
    }

    @Test("what is not 64 hexadecimal digits or 32 bytes is no digest")
    func bad() {
        #expect(TokenDigest(hexadecimal: String(Self.abc.dropLast())) == nil)
        #expect(TokenDigest(hexadecimal: Self.abc + "0") == nil)
        #expect(TokenDigest(hexadecimal: "g" + Self.abc.dropFirst()) == nil)
        #expect(TokenDigest(hexadecimal: Self.abc + " ") == nil)
        #expect(TokenDigest([UInt8](repeating: 0, count: 31)) == nil)
    }

    @Test("digests that differ in any one bit are not equal")
    func equality() throws {
        let bytes = (0..<32).map { UInt8($0 * 7) }
        let digest = try #require(TokenDigest(bytes))
        #expect(digest.equality(digest) == 1)
        for bit in 0..<256 {
            var other = bytes
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try #require(TokenDigest(other)).equality(digest) == 0)
        }
    }

    @Test("each of many tokens is found, the last of two that are the same, and no third for them")
    func lookup() {
        let names = (0..<40).map { "t\($0)" } + ["twin", "twin"]
        let tokens = names.enumerated().map { index, name in
            AccessToken(name: "n\(index)", digest: TokenDigest(of: name), scopes: [.query])
        }
        let table = AccessTable(AccessSettings(tokens: tokens), registry: MetricsRegistry())
        func find(_ text: String) -> String? {
            Array(text.utf8).withUnsafeBytes { table.grant(of: $0)?.token.name }
        }
        for index in 0..<40 { #expect(find("t\(index)") == "n\(index)") }
        #expect(find("twin") == "n41")
        #expect(find("t40") == nil)
        #expect(find("") == nil)
    }

    @Test("a token's name is what can stand in a header, a metric and a log line")
    func names() {
        #expect(["a", "app-1.eu_west", String(repeating: "x", count: 64)].allSatisfy(AccessToken.isName))
        #expect(!["", "a b", "ä", "a\n", "a\"", String(repeating: "x", count: 65)].contains(where: AccessToken.isName))
    }

    @Test("the portal's key does not show in a text")
    func secret() throws {
        let secret = try #require(PortalSecret("0123456789abcdef0123456789abcdef".utf8))
        let settings = AccessSettings(portal: PortalSettings(secret: secret))
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains("48"))
        #expect(!"\(settings)".contains("0123456789abcdef"))
        #expect(PortalSecret("short".utf8) == nil)
    }
}
