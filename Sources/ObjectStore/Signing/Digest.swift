import Crypto

/// SHA-256 in the two spellings that S3 wants.
struct Digest: Sendable, Hashable {
    let bytes: [UInt8]

    /// Of these bytes.
    init(of bytes: some Sequence<UInt8>) {
        var hash = SHA256()
        if bytes.withContiguousStorageIfAvailable({ hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }) == nil {
            hash.update(data: Array(bytes))
        }
        self.init(hash)
    }

    /// Of a text's UTF-8.
    init(of text: String) {
        self.init(of: Array(text.utf8))
    }

    /// Of what has been fed to a hash.
    init(_ hash: SHA256) {
        bytes = Array(hash.finalize())
    }

    /// 64 lower-case digits.
    var hexadecimal: String {
        bytes.hexadecimal
    }
}

extension Sequence<UInt8> {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
