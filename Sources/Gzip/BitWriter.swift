/// The bytes that were compressed, filled from the lowest bit on (RFC 1951, section 3.1.1).
struct BitWriter {
    private var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var pendingBits = 0

    /// Adds the low `count` bits of a value, 32 at most; the bits above them must be 0.
    mutating func append(_ bits: UInt32, count: Int) {
        assert(count <= 32 && UInt64(bits) >> UInt64(count) == 0)
        pending |= UInt64(bits) << UInt64(pendingBits)
        pendingBits += count
        if pendingBits >= 32 {
            append4(UInt32(truncatingIfNeeded: pending))
            pending >>= 32
            pendingBits -= 32
        }
    }

    /// Fills the byte that was begun with zeros.
    mutating func padToByte() {
        while pendingBits > 0 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            pendingBits -= 8
        }
        pendingBits = 0
    }

    /// Adds whole bytes; the byte before them must be full.
    mutating func append(bytes added: some Sequence<UInt8>) {
        precondition(pendingBits == 0)
        bytes.append(contentsOf: added)
    }

    /// Adds a number of four bytes; the byte before them must be full.
    mutating func append(littleEndian value: UInt32) {
        precondition(pendingBits == 0)
        append4(value)
    }

    /// The whole bytes so far, which are forgotten here.
    mutating func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private mutating func append4(_ value: UInt32) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
