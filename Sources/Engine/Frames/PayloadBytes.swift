/// Memory of a payload that the engine itself wrote.
///
/// `@unchecked`: the memory is written before the object is shared and never again.
final class PayloadBytes: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    /// Allocates, and lets `fill` write every byte.
    init(byteCount: Int, _ fill: (inout ByteWriter) -> Void) {
        memory = .allocate(byteCount: byteCount, alignment: 8)
        var writer = ByteWriter(memory)
        fill(&writer)
        precondition(writer.isAtEnd, "a payload is as long as was computed")
    }

    deinit { memory.deallocate() }

    /// Valid as long as the object lives.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
}

/// Writes little-endian numbers and blocks one after another into memory that has room for them.
struct ByteWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private var offset = 0

    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    var isAtEnd: Bool { offset == memory.count }

    mutating func put(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { put(bytes: $0) }
    }

    /// Bytes without their length.
    mutating func put(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= memory.count - offset, "a payload is as long as was computed")
        UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyMemory(from: bytes)
        offset += bytes.count
    }

    /// The length as four bytes, then the bytes.
    mutating func put(block: [UInt8]) {
        put(UInt32(block.count))
        block.withUnsafeBytes { put(bytes: $0) }
    }

    /// The same for text.
    mutating func put(text: String) { put(block: Array(text.utf8)) }
}

/// Reads what `ByteWriter` wrote; every read is nil where the bytes end before it.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number? {
        guard bytes.count - offset >= MemoryLayout<Number>.size else { return nil }
        defer { offset += MemoryLayout<Number>.size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// So many bytes.
    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard bytes.count - offset >= count else { return nil }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// As many bytes as the four before them say.
    mutating func takeBlock() -> UnsafeRawBufferPointer? {
        guard let count = take(UInt32.self) else { return nil }
        return take(Int(count))
    }

    /// The same, when they are UTF-8.
    mutating func takeText() -> String? {
        guard let block = takeBlock() else { return nil }
        return String(validating: block, as: UTF8.self)
    }

    /// All that is left.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[offset...]) }
}
