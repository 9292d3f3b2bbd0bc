import ReportDefinitions

/// One entry of the `destinations:` section.
enum DestinationSection {
    static let directory = Key<String>("directory", .directory, .optional, "a directory of this machine")
    static let s3 = Key<S3Destination>("s3", S3Section.rule, .optional, "a bucket of S3 or of a server that speaks it")

    static let rule = Rule<Destination.Kind>.object(
        "where reports go: a directory or a bucket",
        keys: [directory, s3],
        schema: JSONValue.schema(of: [directory, s3], about: "where reports go: a directory or a bucket").adding([
            .init(name: "minProperties", value: .number(1)), .init(name: "maxProperties", value: .number(1)),
        ])
    ) { fields in
        let path = fields(directory)
        let bucket = fields(s3)
        guard fields.has(directory) != fields.has(s3) else {
            fields.spot.report(
                "\(fields.spot.name) has \(fields.has(s3) ? "both directory and s3" : "neither directory nor s3")",
                allowed: "a destination is one of them"
            )
            return nil
        }
        return path.map(Destination.Kind.directory) ?? bucket.map(Destination.Kind.s3)
    }
}

/// The `s3:` key of a destination.
enum S3Section {
    static let bucket = Key<String>("bucket", .matching(.bucket), .required, "the bucket's name")
    static let region = Key<String>("region", .matching(.region), .required, "the bucket's region, such as eu-west-1")
    static let prefix = Key<String>("prefix", .keyPrefix, .optional, "in front of every key; it is made to end in /")
    static let endpoint = Key<String>(
        "endpoint",
        .endpoint,
        .optional,
        "another server than AWS's for the region, such as http://127.0.0.1:9000"
    )
    static let pathStyle = Key<Bool>(
        "pathStyle",
        .boolean,
        .standard("false"),
        "the bucket in the path and not in the host name, as most own servers want"
    )
    static let accessKeyID = Key<String>(
        "accessKeyId",
        .text("an access key id"),
        .optional,
        "with secretAccessKey; without both, credentials are found as AWS's tools find them"
    )
    static let secretAccessKey = Key<String>(
        "secretAccessKey",
        .text("a secret access key"),
        .optional,
        "write ${NAME} and keep it out of the file"
    )
    static let sessionToken = Key<String>(
        "sessionToken",
        .text("a session token", upTo: 8192),
        .optional,
        "for temporary credentials"
    )
    static let profile = Key<String>(
        "profile",
        .text("a profile"),
        .optional,
        "a profile of AWS's shared credentials file"
    )

    static let rule = Rule<S3Destination>.object(
        "a bucket",
        keys: [bucket, region, prefix, endpoint, pathStyle, accessKeyID, secretAccessKey, sessionToken, profile]
    ) { fields in
        let bucket = fields(bucket)
        let region = fields(region)
        let prefix = fields(prefix)
        let endpoint = fields(endpoint)
        let pathStyle = fields(pathStyle)
        let key = fields(accessKeyID)
        let secret = fields(secretAccessKey)
        let token = fields(sessionToken)
        let profile = fields(profile)
        check(fields)
        guard let bucket, let region, let pathStyle else { return nil }
        var credentials: S3Destination.StaticCredentials?
        if let key, let secret {
            credentials = .init(accessKeyID: key, secretAccessKey: secret, sessionToken: token)
        }
        return S3Destination(
            bucket: bucket,
            region: region,
            prefix: prefix ?? "",
            endpoint: endpoint,
            pathStyle: pathStyle,
            credentials: credentials,
            profile: profile
        )
    }

    private static func check(_ fields: Fields) {
        func report(_ key: any DescribedKey, _ wrong: String, _ allowed: String) {
            fields.spot.diagnostics.report(fields.position(of: key), wrong, allowed: allowed)
        }
        let hasKey = fields.has(accessKeyID)
        let hasSecret = fields.has(secretAccessKey)
        if hasKey, !hasSecret {
            report(accessKeyID, "accessKeyId has no secretAccessKey beside it", "write both or neither")
        } else if hasSecret, !hasKey {
            report(secretAccessKey, "secretAccessKey has no accessKeyId beside it", "write both or neither")
        }
        if fields.has(sessionToken), !hasKey, !hasSecret {
            report(
                sessionToken,
                "sessionToken has no access key beside it",
                "it goes with accessKeyId and secretAccessKey"
            )
        }
        if fields.has(profile), hasKey || hasSecret {
            report(profile, "profile stands beside an access key", "credentials come from one of them")
        }
    }
}
