/// Where a bucket's objects are: host and path for each key.
struct S3Addressing: Sendable {
    var bucket: String
    /// nil: AWS's for the region.
    var endpoint: EndpointURL?
    var pathStyle: Bool

    /// The place of a key, or of the bucket itself.
    struct Place: Sendable, Equatable {
        /// `https://host:port`.
        var origin: String
        /// What the `Host` header says.
        var authority: String
        /// Percent-encoded.
        var path: String
    }

    /// Finds the place. Key nil: the bucket.
    func place(of key: String?, region: String) -> Place {
        var url = server(region: region)
        if usesPathStyle(url) {
            url.path += "/" + PercentEncoding.encode(bucket)
        } else {
            url.host = bucket + "." + url.host
        }
        // `path` is empty only for a bucket in the host name, and a request line needs one.
        let path = url.path + (key.map { "/" + PercentEncoding.encode($0, keepsSlashes: true) } ?? "")
        return Place(origin: url.origin, authority: url.authority, path: path.isEmpty ? "/" : path)
    }

    /// The server's URL, for messages too.
    func server(region: String) -> EndpointURL {
        if let endpoint { return endpoint }
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        return EndpointURL(isSecure: true, host: "s3.\(region).\(domain)")
    }

    private func usesPathStyle(_ url: EndpointURL) -> Bool {
        pathStyle || url.isAddress || (url.isSecure && bucket.contains("."))
    }
}
