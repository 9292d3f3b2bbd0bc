/// The identity of a value of a UNIQUE_COUNT meter: 128 bits that stand for its text.
///
/// It is written to disk, so its definition is fixed: SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, the
/// reference implementation's `siphash` with `outlen` 16), with the key bytes 00 01 … 0f, over the value's text in UTF-8.
/// The key is public: this is a hash, not a secret. `bytes` is the order the reference implementation writes them in.
@frozen
public struct UniqueHash: Hashable, Sendable {
    /// The first eight bytes, little-endian.
    public let first: UInt64
    /// The last eight bytes, little-endian.
    public let second: UInt64

    /// Hashes a value's text.
    public init(of text: UnsafeRawBufferPointer) {
        var state = SipState()
        var offset = 0
        while offset + 8 <= text.count {
            state.absorb(UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var last = UInt64(truncatingIfNeeded: text.count) << 56
        var shift: UInt64 = 0
        while offset < text.count {
            last |= UInt64(text[offset]) << shift
            shift += 8
            offset += 1
        }
        state.absorb(last)
        (first, second) = state.finish()
    }

    /// Hashes the value a UNIQUE_COUNT meter found.
    ///
    /// A string counts by its text, a boolean as `true` or `false`. A number counts by its value, so `1.0`, `1` and `"1"`
    /// are one; a number too long to be exact counts as it is written.
    ///
    /// - Throws: `missing`, `noData`, `null`, `object` or `array`.
    public init(measured slice: JSONSlice, in json: UnsafeRawBufferPointer) throws(InvalidValue) {
        switch slice.kind {
        case .string where !slice.isEscaped:
            self.init(of: slice.content(in: json))
        case .string, .boolean:
            self.init(text: slice.text(in: json))
        case .number:
            let raw = slice.bytes(in: json)
            if let value = try? ExactDecimal(parsing: raw) {
                self.init(text: value.description)
            } else {
                self.init(of: raw)
            }
        case .missing, .null, .object, .array:
            throw InvalidValue(unusable: slice.kind, in: json)
        }
    }

    private init(text: String) {
        var text = text
        self = text.withUTF8 { UniqueHash(of: UnsafeRawBufferPointer($0)) }
    }

    /// Takes back what `bytes` gave; nil unless there are 16.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        first = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        second = bytes.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The 16 bytes as they are stored.
    public var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? first : second) >> UInt64($0 % 8 * 8)) }
    }
}

/// SipHash's four words.
private struct SipState {
    // The constants spell "somepseudorandomlygeneratedbytes"; each is combined with half of the key 00 01 … 0f.
    private var v0: UInt64 = 0x736f_6d65_7073_6575 ^ 0x0706_0504_0302_0100
    private var v1: UInt64 = 0x646f_7261_6e64_6f6d ^ 0x0f0e_0d0c_0b0a_0908 ^ 0xee
    private var v2: UInt64 = 0x6c79_6765_6e65_7261 ^ 0x0706_0504_0302_0100
    private var v3: UInt64 = 0x7465_6462_7974_6573 ^ 0x0f0e_0d0c_0b0a_0908

    @inline(__always)
    private mutating func round() {
        v0 = v0 &+ v1
        v1 = Self.rotate(v1, 13) ^ v0
        v0 = Self.rotate(v0, 32)
        v2 = v2 &+ v3
        v3 = Self.rotate(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = Self.rotate(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = Self.rotate(v1, 17) ^ v2
        v2 = Self.rotate(v2, 32)
    }

    @inline(__always)
    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 &- bits) }

    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    @inline(__always)
    mutating func finish() -> (UInt64, UInt64) {
        v2 ^= 0xee
        for _ in 0..<4 { round() }
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<4 { round() }
        return (first, v0 ^ v1 ^ v2 ^ v3)
    }
}
