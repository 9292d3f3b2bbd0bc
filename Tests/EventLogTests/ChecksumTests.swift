import CPlatform
import Testing

@Suite("CRC-32C")
struct ChecksumTests {
    private func crc(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { meterd_crc32c(seed, $0.baseAddress, $0.count) }
    }

    @Test("the published check values come out (RFC 3720, B.4)")
    func published() {
        #expect(crc(Array("123456789".utf8)) == 0xE306_9283)
        #expect(crc([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(crc([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(crc(Array(0..<32)) == 0x46DD_794E)
        #expect(crc([]) == 0)
    }

    @Test("the instruction and the tables agree for every length and alignment")
    func agreement() {
        var chance = SeededGenerator(seed: 1)
        let bytes = (0..<40_000).map { _ in UInt8.random(in: 0...255, using: &chance) }
        bytes.withUnsafeBytes { bytes in
            for length in Array(0..<300) + [767, 768, 769, 1_536, 4_096, 12_287, 12_288, 12_289, 13_100, 39_000] {
                let start = bytes.baseAddress?.advanced(by: length % 17)
                let seed = UInt32(truncatingIfNeeded: chance.next())
                #expect(meterd_crc32c(seed, start, length) == meterd_crc32c_portable(seed, start, length))
            }
        }
    }

    @Test("a checksum goes on where another ended")
    func continued() {
        let bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let whole = crc(bytes)
        for cut in [0, 1, 8, 767, 12_288, 49_999, 50_000] {
            #expect(crc(Array(bytes[cut...]), seed: crc(Array(bytes[..<cut]))) == whole)
        }
    }
}
