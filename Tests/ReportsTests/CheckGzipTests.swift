import Gzip
import Testing

@testable import Reports

@Suite("Reading gzip for a check")
struct CheckGzipTests {
    private func read(_ bytes: [UInt8], limit: Int = 1 << 30) throws(GzipFault) -> (content: [UInt8], pieces: Int) {
        var content: [UInt8] = []
        var pieces = 0
        var consumed = 0
        try GzipReader.read(bytes, limit: limit) {
            content += $0
            pieces += 1
            consumed = $1
        }
        #expect(consumed == bytes.count)
        return (content, pieces)
    }

    @Test("content comes back in pieces, also of several members", arguments: [0, 1, 1_000, 3_000_000])
    func content(size: Int) throws {
        var state: UInt32 = 7
        let bytes = (0..<size).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24) & 0x0F
        }
        let file = CheckFocusExport.gzip(bytes)
        let found = try read(file)
        #expect(found.content == bytes)
        #expect(found.pieces <= size / 200_000 + 2)
        #expect(try read(file + file).content == bytes + bytes)
    }

    @Test("a file that ends early, has others behind it, or is none is refused")
    func faults() {
        let file = CheckFocusExport.gzip(Array("hello, hello, hello".utf8))
        for length in 0..<file.count {
            #expect(throws: GzipFault.cutShort) { try read(Array(file[..<length])) }
        }
        #expect(throws: GzipFault.malformed) { try read(file + [1, 2, 3]) }
        #expect(throws: GzipFault.malformed) { try read(Array("hello, hello".utf8)) }
    }

    @Test("content beyond the limit is refused without being kept")
    func limit() throws {
        let zeros = CheckFocusExport.gzip([UInt8](repeating: 0, count: 2_000_000))
        #expect(throws: GzipFault.tooLarge(limit: 1_999_999)) { try read(zeros, limit: 1_999_999) }
        #expect(try read(zeros, limit: 2_000_000).content.count == 2_000_000)
    }
}
