import Metering

/// What Finout needs to read telemetry from a bucket: a role, what it may do, and who may take it on.
///
/// As Finout's documentation of its S3 telemetry and of its bucket endpoints has it,
/// https://docs.finout.io/telemetry-integrations/telemetry/s3-telemetry-integration and
/// https://docs.finout.io/settings/endpoints/amazon-s3-bucket-endpoint
struct FinoutAccess {
    let bucket: String
    /// In front of the objects that may be read: empty, or ending in `/`.
    let prefix: String
    let externalID: String
    /// Finout's AWS account.
    let account: String
    let role: String

    static let usualRole = "FinoutMetricsReadOnlyRole"

    /// Finout's own AWS account, as its public repositories name it (https://github.com/finout-io/finout-mcp).
    static let usualAccount = "277411487094"

    /// Why something is no part of such an access.
    struct Refusal: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    init(bucket: String, prefix: String, externalID: String, account: String, role: String) throws(Refusal) {
        self.bucket = bucket
        self.prefix = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
        self.externalID = externalID
        self.account = account
        self.role = role
        if let reason = Self.refusal(bucket: bucket) { throw Refusal(description: "--bucket \(reason)") }
        if let reason = Self.refusal(prefix: prefix) { throw Refusal(description: "--prefix \(reason)") }
        // AWS STS API Reference, AssumeRole, ExternalId: 2 to 1,224 characters of [\w+=,.@:\/-]
        guard 2...1_224 ~= externalID.utf8.count, externalID.utf8.allSatisfy({ Self.isName($0, and: "+=,.@:/-") })
        else {
            throw Refusal(
                description:
                    "--external-id has 2 to 1224 letters, digits and _ + = , . @ : / -; Finout shows it under "
                    + "Settings, Endpoints, Add Endpoint, Amazon S3"
            )
        }
        guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Refusal(description: "--account has 12 digits, without hyphens; '\(account)' has not")
        }
        // IAM API Reference, CreateRole, RoleName: 1 to 64 characters of [\w+=,.@-]
        guard 1...64 ~= role.utf8.count, role.utf8.allSatisfy({ Self.isName($0, and: "+=,.@-") }) else {
            throw Refusal(description: "--role has 1 to 64 letters, digits and _ + = , . @ -")
        }
    }

    /// What the role may do. Finout reads the keys of tags anywhere, and all of the bucket, or what is under the prefix.
    /// Keys of other objects can be listed, never read.
    var policy: String {
        """
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Action": "tag:GetTagKeys",
              "Resource": "*"
            },
            {
              "Effect": "Allow",
              "Action": [
                "s3:Get*",
                "s3:List*"
              ],
              "Resource": [
                \("arn:aws:s3:::\(bucket)".jsonString),
                \("arn:aws:s3:::\(bucket)/\(prefix)*".jsonString)
              ]
            }
          ]
        }
        """
    }

    /// Who may take the role on: Finout's account, and only with the external id that it keeps for you.
    var trust: String {
        """
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "AWS": \("arn:aws:iam::\(account):root".jsonString)
              },
              "Action": "sts:AssumeRole",
              "Condition": {
                "StringEquals": {
                  "sts:ExternalId": \(externalID.jsonString)
                }
              }
            }
          ]
        }
        """
    }

    // MARK: Names

    /// Amazon S3 User Guide, "General purpose bucket naming rules",
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    private static func refusal(bucket: String) -> String? {
        let name = "'\(bucket)' is no bucket's name: "
        let edges = [bucket.utf8.first, bucket.utf8.last]
        guard 3...63 ~= bucket.utf8.count else { return name + "it has 3 to 63 characters" }
        guard bucket.utf8.allSatisfy({ isLowerCaseOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
        else { return name + "it has lower-case letters, digits, dots and hyphens" }
        guard edges.allSatisfy({ $0.map(isLowerCaseOrDigit) ?? false }) else {
            return name + "it begins and ends with a letter or a digit"
        }
        guard !bucket.contains("..") else { return name + "two dots do not stand side by side" }
        guard bucket.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/) == nil else {
            return name + "it does not look like an address"
        }
        for prefix in ["xn--", "sthree-", "amzn-s3-demo-"] where bucket.hasPrefix(prefix) {
            return name + "\(prefix) in front is reserved"
        }
        for suffix in ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"] where bucket.hasSuffix(suffix) {
            return name + "\(suffix) at the end is reserved"
        }
        return nil
    }

    /// In a policy's resource `*` and `?` stand for other characters and `$` begins a variable.
    private static func refusal(prefix: String) -> String? {
        if prefix.hasPrefix("/") { return "'\(prefix)' begins with /, and keys do not" }
        if prefix.utf8.count > 1_000 { return "has more than 1000 bytes" }
        let hasControl = prefix.unicodeScalars.contains { $0.properties.generalCategory == .control }
        if hasControl || prefix.contains(where: { "*?$".contains($0) }) {
            return "holds a control character or one of * ? $, which mean something else in a policy"
        }
        return nil
    }

    private static func isLowerCaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isName(_ byte: UInt8, and signs: String) -> Bool {
        isLowerCaseOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "_") || signs.utf8.contains(byte)
    }
}
