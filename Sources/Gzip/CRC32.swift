/// The checksum of gzip (RFC 1952, section 8): CRC-32 with the reflected polynomial 0xEDB88320.
struct CRC32 {
    /// Eight tables of 256, so that eight bytes are taken at a time: table `n` is of a byte that `n` bytes follow.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 {
                value = value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1
            }
            tables[byte] = value
        }
        for index in 256..<tables.count {
            let before = tables[index - 256]
            tables[index] = tables[Int(before & 0xff)] ^ (before >> 8)
        }
        return tables
    }()

    private var state: UInt32 = ~0

    var value: UInt32 { ~state }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        Self.tables.withUnsafeBufferPointer { tables in
            func entry(_ table: Int, _ byte: UInt64) -> UInt32 { tables[table << 8 | Int(byte & 0xff)] }
            var state = state
            var offset = 0
            while offset + 8 <= bytes.count {
                let word =
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(state)
                state =
                    entry(7, word) ^ entry(6, word >> 8) ^ entry(5, word >> 16) ^ entry(4, word >> 24)
                    ^ entry(3, word >> 32) ^ entry(2, word >> 40) ^ entry(1, word >> 48) ^ entry(0, word >> 56)
                offset += 8
            }
            while offset < bytes.count {
                state = entry(0, UInt64(UInt8(truncatingIfNeeded: state) ^ bytes[offset])) ^ (state >> 8)
                offset += 1
            }
            self.state = state
        }
    }
}
