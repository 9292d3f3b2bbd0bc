import Foundation
import Testing

@testable import meterd

@Suite("meterd iam finout")
struct IAMTests {
    private static let usual = [
        "iam", "finout", "--bucket", "example-telemetry", "--external-id", "finout-0a1b2c", "--account", "123456789012",
    ]

    private func meterd(_ more: String...) async throws -> Program.Outcome {
        try await Program.run([Program.path] + Self.usual + more)
    }

    private func access(
        bucket: String = "example-telemetry",
        prefix: String = "",
        externalID: String = "finout-0a1b2c",
        account: String = "123456789012",
        role: String = FinoutAccess.usualRole
    ) throws(FinoutAccess.Refusal) -> FinoutAccess {
        try FinoutAccess(bucket: bucket, prefix: prefix, externalID: externalID, account: account, role: role)
    }

    @Test("without an account the trust policy is for the one that Finout names as its own")
    func usualAccount() async throws {
        let outcome = try await Program.run([Program.path] + Self.usual.prefix(6) + ["--trust"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains(#""arn:aws:iam::277411487094:root""#))
    }

    // MARK: Policies

    private struct Policy: Decodable, Equatable {
        struct Statement: Decodable, Equatable {
            var Effect: String
            var Action: Names
            var Resource: Names?
            var Principal: [String: String]?
            var Condition: [String: [String: String]]?
        }
        var Version: String
        var Statement: [Statement]
    }

    /// One name, or a list of them.
    private struct Names: Decodable, Equatable, ExpressibleByArrayLiteral {
        var names: [String]

        init(arrayLiteral names: String...) { self.names = names }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            names = try (try? [container.decode(String.self)]) ?? container.decode([String].self)
        }
    }

    private func policy(_ text: String) throws -> Policy {
        try JSONDecoder().decode(Policy.self, from: Data(text.utf8))
    }

    @Test("the policy lets tags' keys be read anywhere, and the bucket and its objects be listed and read")
    func permissions() async throws {
        let outcome = try await meterd("--policy")
        #expect(outcome.status == 0)
        #expect(
            try policy(outcome.output)
                == Policy(
                    Version: "2012-10-17",
                    Statement: [
                        .init(Effect: "Allow", Action: ["tag:GetTagKeys"], Resource: ["*"]),
                        .init(
                            Effect: "Allow",
                            Action: ["s3:Get*", "s3:List*"],
                            Resource: ["arn:aws:s3:::example-telemetry", "arn:aws:s3:::example-telemetry/*"]
                        ),
                    ]
                )
        )
    }

    @Test("with a prefix only the objects under it can be read", arguments: ["tokens", "tokens/"])
    func prefix(prefix: String) throws {
        let policy = try policy(access(prefix: prefix).policy)
        #expect(
            policy.Statement[1].Resource == [
                "arn:aws:s3:::example-telemetry", "arn:aws:s3:::example-telemetry/tokens/*",
            ]
        )
    }

    @Test("the trust policy is for Finout's account, with the external id and nothing without it")
    func trust() async throws {
        let outcome = try await meterd("--trust")
        #expect(outcome.status == 0)
        #expect(
            try policy(outcome.output)
                == Policy(
                    Version: "2012-10-17",
                    Statement: [
                        .init(
                            Effect: "Allow",
                            Action: ["sts:AssumeRole"],
                            Principal: ["AWS": "arn:aws:iam::123456789012:root"],
                            Condition: ["StringEquals": ["sts:ExternalId": "finout-0a1b2c"]]
                        )
                    ]
                )
        )
    }

    @Test("both are printed under headings, with the commands that make the role")
    func both() async throws {
        let outcome = try await meterd("--prefix", "team's/")
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let documents = outcome.output.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
        let access = try access(prefix: "team's/")
        #expect(documents == access.policy + "\n" + access.trust)
        #expect(outcome.output.contains("aws iam create-role --role-name FinoutMetricsReadOnlyRole "))
        #expect(outcome.output.contains("--prefix 'team'\\''s/' --policy > policy.json"))
        #expect(try await meterd("--role", "Reader").output.contains("aws iam create-role --role-name Reader "))
    }

    @Test("what a shell is told to run prints what was meant")
    func commands() async throws {
        let outcome = try await meterd("--prefix", "a b'c/")
        let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix("#   meterd iam finout") }
        #expect(lines.count == 2)
        let command = String(lines[0].dropFirst(4)).replacing("meterd", with: "'\(Program.path)'", maxReplacements: 1)
            .replacing(" > policy.json", with: "")
        let shell = try await Program.run(["/bin/sh", "-c", command])
        #expect(shell.output == (try access(prefix: "a b'c/").policy) + "\n", "\(shell.errors)")
    }

    // MARK: Bad input

    @Test(
        "buckets that S3 does not allow are refused with the reason",
        arguments: [
            ("ab", "3 to 63"), (String(repeating: "a", count: 64), "3 to 63"), ("Example", "lower-case"),
            ("ex_ample", "lower-case"), ("exämple", "lower-case"), ("-example", "begins and ends"),
            ("example-", "begins and ends"), (".example", "begins and ends"), ("ex..ample", "two dots"),
            ("192.168.5.4", "address"), ("xn--example", "reserved"), ("sthree-example", "reserved"),
            ("amzn-s3-demo-example", "reserved"), ("example-s3alias", "reserved"), ("example--ol-s3", "reserved"),
            ("example.mrap", "reserved"), ("example--x-s3", "reserved"), ("a/b", "lower-case"), ("", "3 to 63"),
        ]
    )
    func buckets(name: String, says: String) {
        let refusal = #expect(throws: FinoutAccess.Refusal.self) { try access(bucket: name) }
        #expect(refusal?.description.contains(says) == true, "\(refusal?.description ?? "")")
    }

    @Test(
        "buckets that S3 allows are taken",
        arguments: ["abc", "a.b-c", "1example1", String(repeating: "a", count: 63)]
    )
    func goodBuckets(name: String) throws {
        #expect(try access(bucket: name).bucket == name)
    }

    @Test("empty or impossible ids, accounts, roles and prefixes are refused")
    func refusals() {
        for externalID in ["", "x", "a b", "a\"b", "ä-finout", String(repeating: "a", count: 1_225)] {
            #expect(throws: FinoutAccess.Refusal.self, "\(externalID)") { try access(externalID: externalID) }
        }
        for account in ["", "12345678901", "1234567890123", "1234-5678-9012", "12345678901x", "١٢٣٤٥٦٧٨٩٠١٢"] {
            #expect(throws: FinoutAccess.Refusal.self, "\(account)") { try access(account: account) }
        }
        for role in ["", "a b", "a/b", String(repeating: "a", count: 65)] {
            #expect(throws: FinoutAccess.Refusal.self, "\(role)") { try access(role: role) }
        }
        for prefix in ["/tokens", "tok*", "tok?", "${aws:username}", "a\nb", String(repeating: "a", count: 1_001)] {
            #expect(throws: FinoutAccess.Refusal.self, "\(prefix)") { try access(prefix: prefix) }
        }
    }

    @Test("wrong usage is exit code 64, with the reason and nothing on standard output")
    func usage() async throws {
        for (arguments, says) in [
            (
                ["--bucket", "Example", "--external-id", "finout-1", "--account", "123456789012"],
                "'Example' is no bucket"
            ),
            (["--bucket", "example", "--external-id", "", "--account", "123456789012"], "--external-id has 2 to 1224"),
            (["--bucket", "example", "--external-id", "finout-1", "--account", "1"], "--account has 12 digits"),
            (["--bucket", "example"], "--external-id"),
            (
                [
                    "--bucket", "example", "--external-id", "finout-1", "--account", "123456789012", "--policy",
                    "--trust",
                ],
                "--policy or --trust"
            ),
        ] {
            let outcome = try await Program.run([Program.path, "iam", "finout"] + arguments)
            #expect(outcome.status == 64 && outcome.output.isEmpty)
            #expect(outcome.errors.contains(says), "\(outcome.errors)")
        }
    }
}
