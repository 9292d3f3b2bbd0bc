/// Identifiers that sort by the time they were made: 48 bits of milliseconds and 80 random bits in Crockford's base 32,
/// 26 characters (github.com/ulid/spec).
enum ULID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// - Parameter time: microseconds since 1970-01-01T00:00:00Z.
    static func make(at time: Int64) -> String {
        var value = UInt128(UInt64(max(time, 0) / 1000) & 0xFFFF_FFFF_FFFF) << 80
        value |= UInt128(UInt64.random(in: .min ... .max)) << 16 | UInt128(UInt16.random(in: .min ... .max))
        var text: [UInt8] = []
        for position in stride(from: 125, through: 0, by: -5) {
            text.append(alphabet[Int(truncatingIfNeeded: value >> UInt128(position)) & 31])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
