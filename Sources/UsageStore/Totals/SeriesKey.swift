/// The bytes of a series' key: the subject, then each dimension value in the order of the dimensions' names, each as a
/// little-endian UInt32 length and that many bytes of UTF-8. The bytes of a group's key are the same of other parts.
public enum SeriesKey {
    /// The key of some parts.
    public static func key(of parts: some Sequence<[UInt8]>) -> [UInt8] {
        var key: [UInt8] = []
        for part in parts { append(part, to: &key) }
        return key
    }

    /// Adds a part to a key.
    public static func append(_ part: some Collection<UInt8>, to key: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.count).littleEndian) { key.append(contentsOf: $0) }
        key.append(contentsOf: part)
    }

    /// The parts of a key.
    public static func parts(of key: UnsafeRawBufferPointer) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var offset = 0
        while offset + 4 <= key.count {
            let length = Int(UInt32(littleEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            offset += 4
            parts.append(Array(key[offset..<offset + length]))
            offset += length
        }
        return parts
    }
}
