import CPlatform
import DedupeIndex
import Foundation
import Testing

@Suite("SipHash-2-4 with 128 bits")
struct SipHashTests {
    private static func hash(_ bytes: [UInt8]) -> [UInt8] {
        let key: [UInt64] = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908]
        var out: [UInt64] = [0, 0]
        bytes.withUnsafeBytes { meterd_siphash24_128_plain(key, $0.baseAddress, $0.count, &out) }
        return out.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    private static func pair(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        let key: [UInt64] = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908]
        var out: [UInt64] = [0, 0]
        a.withUnsafeBytes { a in
            b.withUnsafeBytes { b in meterd_siphash24_128(key, a.baseAddress, a.count, b.baseAddress, b.count, &out) }
        }
        return out.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    private static func prefix(_ length: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    }

    @Test("the 64 published vectors hold: key 00…0f, message 00, 00 01, …")
    func publishedVectors() throws {
        let url = try #require(
            Bundle.module.url(forResource: "siphash-2-4-128", withExtension: "txt", subdirectory: "Fixtures")
        )
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 64)
        for (length, line) in lines.enumerated() {
            let hash = Self.hash((0..<length).map { UInt8($0) })
            #expect(hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == line, "length \(length)")
        }
    }

    @Test("a pair hashes as its length-prefixed parts joined, at every alignment")
    func pairIsTheJoinedMessage() {
        var random = SeededGenerator(seed: 5)
        for aLength in 0..<36 {
            for bLength in 0..<36 {
                let a = (0..<aLength).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let b = (0..<bLength).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let joined = Self.prefix(aLength) + a + Self.prefix(bLength) + b
                #expect(Self.pair(a, b) == Self.hash(joined), "\(aLength) and \(bLength) bytes")
            }
        }
    }

    @Test("moving a byte from source to id makes another fingerprint, and so does another secret")
    func fingerprintsDiffer() {
        func fingerprint(_ source: String, _ id: String, secret: (UInt64, UInt64) = (1, 2)) -> Fingerprint {
            var source = source
            var id = id
            return source.withUTF8 { source in
                id.withUTF8 { id in
                    FingerprintKey(secret: secret).fingerprint(
                        source: UnsafeRawBufferPointer(source),
                        id: UnsafeRawBufferPointer(id)
                    )
                }
            }
        }
        #expect(fingerprint("ab", "c") == fingerprint("ab", "c"))
        #expect(fingerprint("ab", "c") != fingerprint("a", "bc"))
        #expect(fingerprint("", "abc") != fingerprint("abc", ""))
        #expect(fingerprint("ab", "c") != fingerprint("ab", "c", secret: (1, 3)))
    }
}
