import Metering
import Testing

@Suite("UniqueHash")
struct UniqueHashTests {
    static func hash(_ literal: String) throws -> UniqueHash {
        try MeasuredValueTests.withSlice("{\"v\":\(literal)}") { try UniqueHash(measured: $0, in: $1) }
    }

    @Test(
        "the hash is SipHash-2-4-128 with the key 00 to 0f, as OpenSSL computes it over the bytes 00, 01, 02 and so on",
        arguments: [
            (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
            (7, "a1f1ebbed8dbc153c0b84aa61ff08239"), (8, "3b62a9ba6258f5610f83e264f31497b4"),
            (9, "264499060ad9baabc47f8b02bb6d71ed"), (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
            (16, "6ee2a4ca67b054bbfd3315bf85230577"), (63, "5150d1772f50834a503e069a973fbd7c"),
        ]
    )
    func vectors(length: Int, expected: String) {
        let hash = (0..<UInt8(length)).map { $0 }.withUnsafeBytes { UniqueHash(of: $0) }
        let text = hash.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(text == expected)
    }

    @Test("the stored bytes come back, and only 16 of them")
    func storedBytes() {
        let hash = Array("customer-1".utf8).withUnsafeBytes { UniqueHash(of: $0) }
        #expect(UniqueHash(bytes: hash.bytes) == hash)
        #expect(UniqueHash(bytes: hash.bytes.dropLast()) == nil)
        #expect(UniqueHash(bytes: hash.bytes + [0]) == nil)
    }

    @Test("numbers count by value and strings by text, so 1, 1.0 and \"1\" are one")
    func numbersByValue() throws {
        #expect(try Self.hash("1") == Self.hash("1.0"))
        #expect(try Self.hash("1") == Self.hash("\"1\""))
        #expect(try Self.hash("\"1\"") != Self.hash("\"1.0\""))
        #expect(try Self.hash("\"trace\"") == Self.hash("\"\\u0074race\""))
        #expect(try Self.hash("true") == Self.hash("\"true\""))
        #expect(try Self.hash("1e999") == Self.hash("\"1e999\""))
    }

    @Test(
        "null, objects and arrays cannot be told apart by a text and are refused",
        arguments: [("null", .null), ("{}", .object), ("[1]", .array)] as [(String, InvalidValue)]
    )
    func refuses(literal: String, reason: InvalidValue) {
        #expect(throws: reason) { try Self.hash(literal) }
    }
}
