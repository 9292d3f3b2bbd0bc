internal import CPlatform

/// The 128-bit keyed hash of one event's `(source, id)`: what the index keeps instead of the texts.
///
/// Made by ``FingerprintKey``. The hash is keyed with a secret, so a sender cannot choose fingerprints that collide or
/// that crowd one place of a table; the index therefore uses the bits as positions directly. Made any other way they
/// give right answers still, but slow ones when the bits are not evenly spread.
@frozen
public struct Fingerprint: Hashable, Sendable {
    /// The first eight bytes of the hash, little-endian. Runs are sorted by `high`, then `low`.
    public var high: UInt64
    /// The last eight bytes of the hash, little-endian.
    public var low: UInt64

    /// A fingerprint of these two words.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// The secret of one store that turns `(source, id)` into a ``Fingerprint``.
///
/// SipHash-2-4 with 128 bits of output over length-prefixed source and id: never a joined string, so no two pairs are
/// the same message. Keep the secret for the life of the store: with another one every key looks new.
public struct FingerprintKey: Sendable {
    private let secret: (UInt64, UInt64)

    /// - Parameter secret: the 16 random bytes of the store, as two little-endian words.
    public init(secret: (UInt64, UInt64)) {
        self.secret = secret
    }

    /// The fingerprint of one pair, over the unescaped UTF-8 of both. Safe on any thread.
    public func fingerprint(source: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer) -> Fingerprint {
        var hash: (UInt64, UInt64) = (0, 0)
        withUnsafeBytes(of: secret) { key in
            withUnsafeMutableBytes(of: &hash) { out in
                meterd_siphash24_128(
                    key.assumingMemoryBound(to: UInt64.self).baseAddress,
                    source.baseAddress,
                    source.count,
                    id.baseAddress,
                    id.count,
                    out.assumingMemoryBound(to: UInt64.self).baseAddress
                )
            }
        }
        return Fingerprint(high: hash.0, low: hash.1)
    }
}
