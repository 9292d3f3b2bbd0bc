/// The 64-bit hash by which two events with the same `source` and `id` are told apart: duplicate or conflict.
///
/// It is made of the event's content and not of its bytes:
/// - an object's hash is the sum of its members' hashes, so that their order does not matter; an array's is a chain;
/// - text is hashed unescaped; numbers as they are written (`1.0` is not `1`);
/// - extension attributes are hashed by their canonical text (`42` and `"42"` are equal), because binary mode has no
///   other;
/// - attributes that are null count as absent, and so does a `datacontenttype` that is `application/json` (with no
///   parameter but `charset=utf-8`), which is what absent means; `time` is hashed as it is written; `data: null` is a
///   payload of its own;
/// - the data of another media type is hashed as its bytes, whether it came as text or as base64.
///
/// The hash is kept on disk beside the fingerprint. Changing anything here makes old and new hashes differ: every
/// duplicate that straddles the change would be reported as a conflict. It is not meant to withstand someone who builds
/// collisions: such a one can only hide a conflict of their own making.
enum ContentHash {
    /// What a hash stands for; hashes of different kinds of the same bytes differ.
    enum Seed {
        static let text: UInt64 = 0x9E37_79B9_7F4A_7C15
        static let number: UInt64 = 0xD1B5_4A32_D192_ED03
        static let name: UInt64 = 0x8CB9_2BA7_2F3D_8DD7
        static let object: UInt64 = 0xAAAA_AAAA_5555_5557
        static let array: UInt64 = 0xC2B2_AE3D_27D4_EB4F
        static let event: UInt64 = 0xFF51_AFD7_ED55_8CCD
        static let true_: UInt64 = 0x1656_67B1_9E37_79F9
        static let false_: UInt64 = 0x27D4_EB2F_1656_67C5
        static let null: UInt64 = 0x85EB_CA77_C2B2_AE63
        static let length: UInt64 = 0x9FB2_1C65_1E98_DF25
        static let second: UInt64 = 0x2545_F491_4F6C_DD1D
    }

    private static let left: UInt64 = 0xA076_1D64_78BD_642F
    private static let right: UInt64 = 0xE703_7ED1_A0B4_28DB

    /// Both halves of a 128-bit product, folded.
    @inline(__always)
    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ left).multipliedFullWidth(by: b ^ right)
        return product.high ^ product.low
    }

    /// One member of an object.
    @inline(__always)
    static func member(_ name: UInt64, _ value: UInt64) -> UInt64 {
        mix(name, value &+ Seed.name)
    }

    /// The hash of `count` bytes. Nothing outside them is read: where the last words would reach beyond the text they
    /// begin earlier, and bytes are read twice. The length is spread into the seed, so that it cannot be mistaken for a
    /// byte.
    @inline(__always)
    static func bytes(_ start: UnsafePointer<UInt8>, _ count: Int, seed: UInt64) -> UInt64 {
        let text = UnsafeRawPointer(start)
        let seed = seed &+ UInt64(truncatingIfNeeded: count) &* Seed.length
        if count <= 16 {
            if count >= 8 { return mix(word(text) ^ seed, word(text + (count &- 8))) }
            if count >= 4 { return mix(half(text) ^ seed, half(text + (count &- 4))) }
            if count == 0 { return mix(seed, 0) }
            // One to three bytes: the first, the middle one and the last.
            return mix(seed, UInt64(start[0]) | UInt64(start[count >> 1]) << 8 | UInt64(start[count &- 1]) << 16)
        }
        return count <= 48 ? short(text, count, seed) : long(text, count, seed)
    }

    /// 17 to 48 bytes.
    @inline(__always)
    private static func short(_ text: UnsafeRawPointer, _ count: Int, _ seed: UInt64) -> UInt64 {
        var hash = mix(word(text) ^ seed, word(text + 8))
        if count > 32 { hash = mix(word(text + 16) ^ hash, word(text + 24)) }
        let last = text + (count &- 16)
        return mix(word(last) ^ hash, word(last + 8))
    }

    /// More than 48 bytes: two chains side by side.
    private static func long(_ text: UnsafeRawPointer, _ count: Int, _ seed: UInt64) -> UInt64 {
        var one = seed
        var two = seed ^ Seed.second
        var at = text
        let last = text + (count &- 32)
        while at < last {
            one = mix(word(at) ^ one, word(at + 8))
            two = mix(word(at + 16) ^ two, word(at + 24))
            at += 32
        }
        one = mix(word(last) ^ one, word(last + 8))
        two = mix(word(last + 16) ^ two, word(last + 24))
        return mix(one, two)
    }

    @inline(__always)
    private static func word(_ at: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: at.loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    private static func half(_ at: UnsafeRawPointer) -> UInt64 {
        UInt64(UInt32(littleEndian: at.loadUnaligned(as: UInt32.self)))
    }
}
