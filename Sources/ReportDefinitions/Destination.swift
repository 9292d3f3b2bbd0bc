/// Where a report's files go.
public struct Destination: Sendable, Hashable {
    /// What reports call it by.
    public var name: String
    /// Where it is.
    public var kind: Kind

    /// A directory of this machine, or a bucket.
    public enum Kind: Sendable, Hashable {
        case directory(String)
        case s3(S3Destination)
    }

    /// Makes a destination.
    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// A bucket, and how to reach it.
public struct S3Destination: Sendable, Hashable {
    /// The bucket's name.
    public var bucket: String
    /// The region the bucket is in, for example `eu-west-1`.
    public var region: String
    /// In front of every key: empty, or ending in `/`.
    public var prefix: String
    /// Another endpoint than AWS's for the region, for example `http://127.0.0.1:9000`.
    public var endpoint: String?
    /// `https://endpoint/bucket/key` instead of `https://bucket.endpoint/key`.
    public var pathStyle: Bool
    /// Credentials set in the configuration; nil: found as the AWS tools find them.
    public var credentials: StaticCredentials?
    /// A profile of the shared credentials file.
    public var profile: String?

    /// Credentials from the configuration, which takes them from the environment by `${NAME}`.
    public struct StaticCredentials: Sendable, Hashable {
        /// Names the key.
        public var accessKeyID: String
        /// Signs the requests; never logged.
        public var secretAccessKey: String
        /// Goes with temporary credentials.
        public var sessionToken: String?

        /// Makes credentials.
        public init(accessKeyID: String, secretAccessKey: String, sessionToken: String?) {
            self.accessKeyID = accessKeyID
            self.secretAccessKey = secretAccessKey
            self.sessionToken = sessionToken
        }
    }

    /// Makes an S3 destination.
    public init(
        bucket: String,
        region: String,
        prefix: String,
        endpoint: String?,
        pathStyle: Bool,
        credentials: StaticCredentials?,
        profile: String?
    ) {
        self.bucket = bucket
        self.region = region
        self.prefix = prefix
        self.endpoint = endpoint
        self.pathStyle = pathStyle
        self.credentials = credentials
        self.profile = profile
    }
}

extension S3Destination.StaticCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The access key id alone, so that no secret gets into a log.
    public var description: String { "credentials of \(accessKeyID)" }
    /// As ``description``.
    public var debugDescription: String { description }
    /// As ``description``, for `dump` and for types that hold credentials.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
