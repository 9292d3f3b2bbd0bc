import CCompression
import NIOCore
import Testing

@testable import HTTPServer

@Suite("Compressed bodies")
struct CompressionTests {
    /// zlib's own compressor; `windowBits` 31 is gzip, 15 deflate.
    private func deflated(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream,
            6,
            Z_DEFLATED,
            windowBits,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        defer { deflateEnd(&stream) }
        var bytes = bytes
        var room = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let count = bytes.withUnsafeMutableBufferPointer { input in
            room.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                deflate(&stream, Z_FINISH)
                return output.count - Int(stream.avail_out)
            }
        }
        return Array(room[..<count])
    }

    private func zstandard(_ bytes: [UInt8]) -> [UInt8] {
        var room = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&room, room.count, bytes, bytes.count, 3)
        return Array(room[..<count])
    }

    private func compressed(_ text: String, _ coding: String) -> [UInt8] {
        switch coding {
        case "gzip", "X-GZip": deflated(Array(text.utf8), windowBits: 31)
        case "deflate": deflated(Array(text.utf8), windowBits: 15)
        default: zstandard(Array(text.utf8))
        }
    }

    @Test("gzip, deflate and zstd are taken", arguments: ["gzip", "X-GZip", "deflate", "zstd"])
    func taken(_ coding: String) async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine) { server in
            let body = compressed("[\(Requests.event("a")),\(Requests.event("b"))]", coding)
            let status = try await server.client { client in
                client.send(Requests.post(body, headers: "Content-Encoding: \(coding)\r\n"))
                return try client.answer()?.status
            }
            #expect(status == 204)
            #expect(engine.ids == ["a", "b"])
        }
    }

    @Test("another coding, or two, are 415 and the answer names those that are taken", arguments: ["br", "gzip, gzip"])
    func unknown(_ coding: String) async throws {
        try await RunningServer.with { server in
            let answer = try await server.client {
                try $0.exchange(Requests.post(headers: "Content-Encoding: \(coding)\r\n"))
            }
            #expect(answer.status == 415)
            #expect(answer.headers["accept-encoding"] == "gzip, deflate, zstd")
        }
    }

    @Test("a body that decompresses to more than the limit is 413", arguments: ["gzip", "deflate", "zstd"])
    func bomb(_ coding: String) async throws {
        let engine = ScriptedEngine()
        try await RunningServer.with(engine, settings: { $0.limits.body = 64 * 1024 }) { server in
            let bomb = compressed(String(repeating: " ", count: 16 * 1024 * 1024), coding)
            #expect(bomb.count < 64 * 1024)
            let status = try await server.client { client in
                client.send(Requests.post(bomb, headers: "Content-Encoding: \(coding)\r\n"))
                return try client.answer()?.status
            }
            #expect(status == 413)
        }
    }

    @Test("a body of exactly the limit passes and one more byte does not", arguments: ["gzip", "deflate", "zstd"])
    func exactLimit(_ name: String) throws {
        let coding = try #require(ContentCoding(name))
        let text = String((0..<100_000).map { _ in "abcdefgh".randomElement() ?? "a" })
        let body = ByteBuffer(bytes: compressed(text, name))
        #expect(try Decompression.decompress(body, coding, limit: 100_000) == ByteBuffer(string: text))
        #expect(throws: DecompressionError.tooLarge) {
            try Decompression.decompress(body, coding, limit: 99_999)
        }
    }

    @Test(
        "bytes cut short, bytes behind the end and bytes of another kind are refused",
        arguments: ["gzip", "deflate", "zstd"]
    )
    func malformed(_ name: String) throws {
        let coding = try #require(ContentCoding(name))
        let whole = compressed(String(repeating: "abcdefghij", count: 1000), name)
        for bytes in [
            Array(whole.dropLast()), Array(whole.prefix(4)), [], whole + [1, 2, 3], Array("plain text".utf8),
        ] {
            #expect(throws: DecompressionError.malformed, "\(bytes.count) bytes") {
                try Decompression.decompress(ByteBuffer(bytes: bytes), coding, limit: 1 << 20)
            }
        }
    }

    @Test("several gzip members and several zstd frames are one body", arguments: ["gzip", "zstd"])
    func members(_ name: String) throws {
        let coding = try #require(ContentCoding(name))
        let body = ByteBuffer(bytes: compressed("one,", name) + compressed("two", name))
        #expect(try Decompression.decompress(body, coding, limit: 100) == ByteBuffer(string: "one,two"))
    }
}
