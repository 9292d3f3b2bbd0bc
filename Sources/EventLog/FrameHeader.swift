// A frame: one batch as it was taken. It begins on a multiple of 8 bytes.
//
//     offset  bytes
//      0       4    magic "MFRM"
//      4       4    CRC-32C of byte 8 to the frame's end
//      8       4    CRC-32C of bytes 12 to 55, so that a header can be trusted without reading the payload
//     12       1    format version, 1
//     13       1    kind, the owner's
//     14       1    origin, the owner's
//     15       1    bytes of padding at the end, 0 to 7
//     16       4    length of the whole frame, a multiple of 8
//     20       4    count: how many sequence numbers it takes, at least 1
//     24       8    first sequence number
//     32       8    syncedThrough: every sequence number below this one was on disk when this frame was written
//     40       8    arrival, µs since 1970
//     48       4    bytes of source positions
//     52       4    the segment's epoch
//     56            source positions: for each, 2 bytes length of the name, the name (UTF-8), 4 bytes partition,
//                   8 bytes next offset
//                   payload
//                   padding, zero
//
// All numbers are little-endian. Both checksums continue from the segment's seed, the CRC-32C of the store's identity and
// the segment's first sequence number: bytes of another store, of another segment, or made up by a client inside a
// payload are never taken for a frame.

internal import CPlatform

/// The fixed part of a frame.
struct FrameHeader: Hashable, Sendable {
    static let byteCount = 56
    static let alignment = 8
    static let version: UInt8 = 1
    static let magic: UInt32 = 0x4D52_464D  // "MFRM"

    var kind: UInt8
    var origin: UInt8
    var padding: UInt8
    var length: UInt32
    var count: UInt32
    var firstSequence: UInt64
    var syncedThrough: UInt64
    var arrival: Int64
    var positionsBytes: UInt32
    var epoch: UInt32

    var nextSequence: UInt64 { firstSequence + UInt64(count) }
    var payloadOffset: Int { Self.byteCount + Int(positionsBytes) }
    var payloadBytes: Int { Int(length) - payloadOffset - Int(padding) }

    /// What both checksums of a segment's frames continue from.
    static func seed(identity: LogIdentity, segment: UInt64) -> UInt32 {
        var bytes = (identity.high.littleEndian, identity.low.littleEndian, segment.littleEndian)
        return withUnsafeBytes(of: &bytes) { meterd_crc32c(0, $0.baseAddress, $0.count) }
    }

    /// A frame's length in bytes with everything in it.
    static func frameBytes(positions: [SourcePosition], payload: Int) -> Int {
        let bytes = byteCount + positionsBytes(positions) + payload
        return (bytes + alignment - 1) & ~(alignment - 1)
    }

    static func positionsBytes(_ positions: [SourcePosition]) -> Int {
        positions.reduce(0) { $0 + 14 + $1.source.utf8.count }
    }

    /// Writes the header without its first checksum, which needs the payload.
    func write(to bytes: UnsafeMutableRawBufferPointer, seed: UInt32) {
        bytes.put(Self.magic, at: 0)
        bytes.put(UInt32(0), at: 4)
        bytes.put(Self.version, at: 12)
        bytes.put(kind, at: 13)
        bytes.put(origin, at: 14)
        bytes.put(padding, at: 15)
        bytes.put(length, at: 16)
        bytes.put(count, at: 20)
        bytes.put(firstSequence, at: 24)
        bytes.put(syncedThrough, at: 32)
        bytes.put(arrival, at: 40)
        bytes.put(positionsBytes, at: 48)
        bytes.put(epoch, at: 52)
        bytes.put(meterd_crc32c(seed, bytes.baseAddress?.advanced(by: 12), Self.byteCount - 12), at: 8)
    }

    /// Reads a header; nil when these bytes are not one.
    static func read(_ bytes: UnsafeRawBufferPointer, seed: UInt32) -> FrameHeader? {
        guard bytes.count >= byteCount, bytes.get(UInt32.self, at: 0) == magic,
            bytes.get(UInt32.self, at: 8)
                == meterd_crc32c(seed, bytes.baseAddress?.advanced(by: 12), byteCount - 12),
            bytes.get(UInt8.self, at: 12) == version
        else { return nil }
        let header = FrameHeader(
            kind: bytes.get(UInt8.self, at: 13),
            origin: bytes.get(UInt8.self, at: 14),
            padding: bytes.get(UInt8.self, at: 15),
            length: bytes.get(UInt32.self, at: 16),
            count: bytes.get(UInt32.self, at: 20),
            firstSequence: bytes.get(UInt64.self, at: 24),
            syncedThrough: bytes.get(UInt64.self, at: 32),
            arrival: bytes.get(Int64.self, at: 40),
            positionsBytes: bytes.get(UInt32.self, at: 48),
            epoch: bytes.get(UInt32.self, at: 52)
        )
        guard header.isPlausible else { return nil }
        return header
    }

    /// The checksum proved that a log wrote it; this proves that nothing computed from it leaves the frame.
    private var isPlausible: Bool {
        Int(length) % Self.alignment == 0 && Int(padding) < Self.alignment && count > 0
            && Int(length) >= Self.byteCount + Int(positionsBytes) + Int(padding)
            && !firstSequence.addingReportingOverflow(UInt64(count)).overflow
    }

    /// Writes source positions.
    static func write(_ positions: [SourcePosition], to bytes: UnsafeMutableRawBufferPointer) {
        var offset = 0
        for position in positions {
            let name = position.source.utf8
            bytes.put(UInt16(name.count), at: offset)
            UnsafeMutableRawBufferPointer(rebasing: bytes[(offset + 2)...]).copyBytes(from: name)
            offset += 2 + name.count
            bytes.put(position.partition, at: offset)
            bytes.put(position.nextOffset, at: offset + 4)
            offset += 12
        }
    }

    /// Reads source positions; nil when the bytes do not hold whole ones.
    static func readPositions(_ bytes: UnsafeRawBufferPointer) -> [SourcePosition]? {
        var positions: [SourcePosition] = []
        var offset = 0
        while offset < bytes.count {
            guard bytes.count - offset >= 14 else { return nil }
            let name = Int(bytes.get(UInt16.self, at: offset))
            guard bytes.count - offset >= 14 + name else { return nil }
            let text = UnsafeRawBufferPointer(rebasing: bytes[(offset + 2)..<(offset + 2 + name)])
            offset += 2 + name
            positions.append(
                SourcePosition(
                    source: String(decoding: text, as: UTF8.self),
                    partition: bytes.get(Int32.self, at: offset),
                    nextOffset: bytes.get(Int64.self, at: offset + 4)
                )
            )
            offset += 12
        }
        return positions
    }
}
