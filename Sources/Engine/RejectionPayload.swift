/// The payload of a rejection frame: how many events were refused, eight bytes, little-endian.
///
/// `@unchecked`: the memory is written before the object is shared and never again.
final class RejectionPayload: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    init(count: UInt64) {
        memory = .allocate(byteCount: 8, alignment: 8)
        memory.storeBytes(of: count.littleEndian, as: UInt64.self)
    }

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }

    static func count(in payload: UnsafeRawBufferPointer) -> Int? {
        guard payload.count == 8 else { return nil }
        return Int(exactly: UInt64(littleEndian: payload.loadUnaligned(as: UInt64.self)))
    }
}
