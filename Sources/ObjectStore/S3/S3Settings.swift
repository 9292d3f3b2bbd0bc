/// A bucket and how to use it.
public struct S3Settings: Sendable {
    /// The bucket's name.
    public let bucket: String
    /// The bucket's region, such as `eu-west-1`.
    public let region: String
    /// In front of every key: empty, or ending in `/`. Callers never see it in keys.
    public let prefix: String
    /// When a file is sent in parts.
    public var multipart = Multipart()
    /// How often and how long to try.
    public var retry = RetryPolicy()
    /// For one request, first byte to last.
    public var requestTimeout = Duration.seconds(300)
    let addressing: S3Addressing

    /// Checks and takes over settings.
    ///
    /// - Parameters:
    ///   - endpoint: another server than AWS's for the region, such as `http://127.0.0.1:9000`; it may have a path.
    ///   - pathStyle: the bucket in the path and not in the host name. It is done so in any case where the host is an
    ///     address, and for a bucket with dots over TLS, whose name no certificate covers.
    /// - Throws: ``ObjectStoreError/invalidSettings(reason:)``.
    public init(
        bucket: String,
        region: String,
        prefix: String = "",
        endpoint: String? = nil,
        pathStyle: Bool = false
    ) throws(ObjectStoreError) {
        guard Self.isBucket(bucket) else {
            throw .invalidSettings(
                reason: "\(bucket.debugDescription) is no bucket's name: 3 to 63 of a-z, 0-9, '-', '.' and '_'"
            )
        }
        guard !region.isEmpty, region.utf8.allSatisfy(Self.isNameByte) else {
            throw .invalidSettings(reason: "\(region.debugDescription) is no region: write one such as eu-west-1")
        }
        if !prefix.isEmpty {
            guard prefix.hasSuffix("/") else {
                throw .invalidSettings(reason: "the prefix \(prefix.debugDescription) has to end in /")
            }
            try ObjectKey.check(String(prefix.dropLast()))
        }
        var custom: EndpointURL?
        if let endpoint {
            guard let url = EndpointURL(endpoint) else {
                throw .invalidSettings(
                    reason: "\(endpoint.debugDescription) is no endpoint: write one such as https://s3.example.org"
                )
            }
            custom = url
        }
        self.bucket = bucket
        self.region = region
        self.prefix = prefix
        addressing = S3Addressing(bucket: bucket, endpoint: custom, pathStyle: pathStyle)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Amazon S3 User Guide, "Bucket naming rules", and `_` and capitals, which older buckets and other servers have.
    private static func isBucket(_ name: String) -> Bool {
        3...63 ~= name.utf8.count && name.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ".") }
            && !name.hasPrefix(".") && !name.contains("..")
    }

    /// When and how a file is sent in parts.
    public struct Multipart: Sendable {
        /// Bytes up to which a file goes as one request; at most what fits in one part less than ``partsInMemory``.
        public var threshold = 16 << 20
        /// Bytes of a part; S3 takes 5 MiB at least. Beyond 4000 parts they grow, see `PartPlan`.
        public var partSize = 8 << 20
        /// Parts that may be in memory at the same time, those being filled and those being sent; 2 at least.
        public var partsInMemory = 4

        /// The defaults.
        public init() {}

        /// ``threshold`` within what may be in memory before it is known that there is more.
        var soundThreshold: Int {
            min(threshold, partSize * (soundPartsInMemory - 1))
        }

        var soundPartsInMemory: Int {
            max(2, partsInMemory)
        }
    }
}

/// How often and how long to try one request.
public struct RetryPolicy: Sendable {
    /// Tries in all.
    public var attempts = 6
    /// After this time no further try begins.
    public var totalTime = Duration.seconds(180)
    /// The longest wait before the second try; it doubles with each.
    public var firstPause = Duration.milliseconds(200)
    /// The longest wait of all.
    public var longestPause = Duration.seconds(20)

    /// The defaults.
    public init() {}

    /// Full jitter: evenly between nothing and the longest wait after so many tries. `chance` is in 0..<1.
    func pause(afterTries tries: Int, chance: Double) -> Duration {
        let longest = min(firstPause * (1 << min(max(tries - 1, 0), 20)), longestPause)
        return longest * chance
    }
}
