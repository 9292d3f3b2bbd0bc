/// One page of ListObjectsV2.
struct S3Listing: Sendable, Equatable {
    var entries: [ObjectEntry]
    /// For the page after this; nil at the end.
    var next: String?

    /// Reads an answer; nil when it is none. `prefix`: the store's own, which callers do not see.
    init?(_ bytes: [UInt8], dropping prefix: String) {
        guard let root = XMLTree.parse(bytes), root.name == "ListBucketResult" else { return nil }
        let isEncoded = root["EncodingType"]?.text == "url"
        entries = []
        for element in root.all("Contents") {
            guard let text = element["Key"]?.text, let size = element["Size"].flatMap({ Int($0.text) }) else {
                return nil
            }
            // This encoding is that of forms, where a space may be a plus sign.
            let key = isEncoded ? PercentEncoding.decode(String(text.map { $0 == "+" ? " " : $0 })) : text
            // By bytes: for Swift's characters a slash and a combining mark after it are one.
            guard key.utf8.starts(with: prefix.utf8) else { return nil }
            let bare = String(decoding: key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
            entries.append(ObjectEntry(key: bare, size: size))
        }
        guard root["IsTruncated"]?.text == "true" else { return }
        guard let token = root["NextContinuationToken"]?.text, !token.isEmpty else { return nil }
        next = token
    }
}
