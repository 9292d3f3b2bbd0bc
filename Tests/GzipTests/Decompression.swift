import CCompression
import Foundation
import TestServers

/// The system's zlib reads one gzip member to its end and checks its checksum and length.
///
/// - Returns: nil where it is not exactly one sound member.
func inflated(_ member: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var member = member
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    return member.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        while true {
            let (status, count) = piece.withUnsafeMutableBufferPointer { piece in
                stream.next_out = piece.baseAddress
                stream.avail_out = UInt32(piece.count)
                let status = inflate(&stream, Z_NO_FLUSH)
                return (status, piece.count - Int(stream.avail_out))
            }
            output += piece.prefix(count)
            if status == Z_STREAM_END { return stream.avail_in == 0 ? output : nil }
            guard status == Z_OK else { return nil }
        }
    }
}

/// What zlib makes of the same bytes at a level; its size is what ours is compared with.
func zlibCompressed(_ bytes: [UInt8], level: Int32) -> Int {
    var bytes = bytes
    var output = [UInt8](repeating: 0, count: Int(compressBound(UInt(bytes.count))))
    var count = UInt(output.count)
    let status = compress2(&output, &count, &bytes, UInt(bytes.count), level)
    precondition(status == Z_OK)
    return Int(count)
}

/// Runs a program with bytes as its input.
func run(_ program: String, _ arguments: [String], input: [UInt8]) throws -> (status: Int32, output: [UInt8]) {
    let file = FileManager.default.temporaryDirectory.appending(path: "gzip-\(UUID()).bin")
    try Data(input).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardInput = try FileHandle(forReadingFrom: file)
    let output = Pipe()
    process.standardOutput = output
    try process.start()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, [UInt8](bytes))
}
