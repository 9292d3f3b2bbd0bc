// A segment file: one header of 4,096 bytes, then frames (FrameHeader.swift) one after another, then zeros.
//
//     offset  bytes
//      0       8    magic "MTRDSEG1"
//      8       4    CRC-32C of bytes 12 to 63
//     12       4    format version, 1
//     16      16    the store's identity
//     32       8    first sequence number, the same as in the file's name
//     40       8    when the segment was made, µs since 1970: every event before it arrived earlier
//     48       4    epoch: 32 random bits, repeated in every frame
//     52      12    zero
//     64   4,032    zero
//
// All numbers are little-endian. The header has the page to itself, so that no write of a frame ever rewrites it; it is
// on disk before the file has its name.

internal import CPlatform

/// The first page of a segment file.
struct SegmentHeader: Hashable, Sendable {
    static let byteCount = 4_096
    static let version: UInt32 = 1
    private static let magic: UInt64 = 0x3147_4553_4452_544D  // "MTRDSEG1"
    private static let usedBytes = 64

    var identity: LogIdentity
    var firstSequence: UInt64
    var createdAt: Int64
    var epoch: UInt32

    enum Reading: Hashable {
        case header(SegmentHeader)
        case version(Int)
        case bad(String)
    }

    /// The page as it is written.
    func encoded() -> [UInt8] {
        var page = [UInt8](repeating: 0, count: Self.byteCount)
        page.withUnsafeMutableBytes { page in
            page.put(Self.magic, at: 0)
            page.put(Self.version, at: 12)
            page.put(identity.high, at: 16)
            page.put(identity.low, at: 24)
            page.put(firstSequence, at: 32)
            page.put(createdAt, at: 40)
            page.put(epoch, at: 48)
            page.put(Self.checksum(UnsafeRawBufferPointer(page)), at: 8)
        }
        return page
    }

    static func read(_ page: UnsafeRawBufferPointer) -> Reading {
        guard page.count >= usedBytes else { return .bad("the segment ends within its header") }
        guard page.get(UInt64.self, at: 0) == magic else {
            return .bad("the segment header does not begin with its mark")
        }
        guard page.get(UInt32.self, at: 8) == checksum(page) else {
            return .bad("the segment header's checksum is wrong")
        }
        let version = page.get(UInt32.self, at: 12)
        guard version == Self.version else { return .version(Int(version)) }
        return .header(
            SegmentHeader(
                identity: LogIdentity(high: page.get(UInt64.self, at: 16), low: page.get(UInt64.self, at: 24)),
                firstSequence: page.get(UInt64.self, at: 32),
                createdAt: page.get(Int64.self, at: 40),
                epoch: page.get(UInt32.self, at: 48)
            )
        )
    }

    static func checksum(_ page: UnsafeRawBufferPointer) -> UInt32 {
        meterd_crc32c(0, page.baseAddress?.advanced(by: 12), usedBytes - 12)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes a number, little-endian.
    @inline(__always) func put<Number: FixedWidthInteger>(_ value: Number, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: Number.self)
    }
}

extension UnsafeRawBufferPointer {
    /// Reads a little-endian number.
    @inline(__always) func get<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
