/// What a key may be: parts between single slashes, so that it means the same in a bucket, in a URL and in a directory.
public enum ObjectKey {
    /// Bytes of a key, prefix included (Amazon S3 User Guide, "Naming Amazon S3 objects").
    public static let limit = 1024
    /// Bytes between two slashes: what a file name may have.
    public static let partLimit = 255

    /// Checks a key; `prefix` is what a bucket puts in front of it.
    static func check(_ key: String, prefix: String = "") throws(ObjectStoreError) {
        if let reason = fault(in: key, prefix: prefix) {
            throw .invalidKey(key: key, reason: reason)
        }
    }

    private static func fault(in key: String, prefix: String) -> String? {
        guard !key.isEmpty else { return "it is empty" }
        guard prefix.utf8.count + key.utf8.count <= limit else { return "it is longer than \(limit) bytes" }
        for part in key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if part.isEmpty { return "it has an empty part, as at the beginning, at the end or between two slashes" }
            if part.count > partLimit { return "a part of it is longer than \(partLimit) bytes" }
            if part.allSatisfy({ $0 == UInt8(ascii: ".") }) && part.count <= 2 { return "it has . or .. as a part" }
            if part.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "it has a control character" }
        }
        return nil
    }
}
