import Crypto

/// The SHA-256 of an access token (FIPS 180-4), compared without telling by the time it takes where two differ.
public struct TokenDigest: Sendable, Hashable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// Bytes of a digest.
    public static let bytes = 32

    /// Reads 64 hexadecimal digits, in any case; nil for anything else.
    public init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap(\.hexadecimal)
        guard digits.count == 2 * Self.bytes, text.utf8.count == digits.count else { return nil }
        self.init { offset in digits[2 * offset] << 4 | digits[2 * offset + 1] }
    }

    /// Takes the 32 bytes of a digest; nil for any other number of bytes.
    public init?(_ digest: [UInt8]) {
        guard digest.count == Self.bytes else { return nil }
        self.init { digest[$0] }
    }

    /// Digests the UTF-8 bytes of a token.
    public init(of token: String) {
        var token = token
        self = token.withUTF8 { Self(of: UnsafeRawBufferPointer($0)) }
    }

    /// Digests the bytes of a token.
    init(of token: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: token)
        self = hash.finalize().withUnsafeBytes { bytes in Self { bytes[$0] } }
    }

    @inline(__always)
    private init(byte: (Int) -> UInt8) {
        func word(_ number: Int) -> UInt64 {
            (0..<8).reduce(0) { $0 << 8 | UInt64(byte(8 * number + $1)) }
        }
        first = word(0)
        second = word(1)
        third = word(2)
        fourth = word(3)
    }

    /// 64 hexadecimal digits in lower case.
    public var hexadecimal: String {
        [first, second, third, fourth].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// 1 when the digests are equal and 0 when not, by the same instructions either way.
    @inline(__always)
    func equality(_ other: TokenDigest) -> UInt64 {
        let difference =
            (first ^ other.first) | (second ^ other.second) | (third ^ other.third) | (fourth ^ other.fourth)
        // The highest bit of (x | -x) is set for every x but 0.
        return (difference | (0 &- difference)) >> 63 ^ 1
    }
}
