import ArgumentParser

/// `meterd iam …`
struct IAMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iam",
        abstract: "Print the AWS policies that let others read what reports write.",
        subcommands: [Finout.self]
    )

    struct Finout: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The role that lets Finout read telemetry from a bucket: its policy and its trust policy.",
            discussion: """
                meterd iam finout --bucket example-telemetry --external-id finout-0a1b2c

                Prints both as JSON, under headings that begin with #, and the commands that make the role. With \
                --policy or --trust it prints that one alone, for a pipe or a file. Nothing is changed anywhere.

                Finout shows the external id under Settings, Endpoints, Add Endpoint, Amazon S3, Read Only \
                (https://docs.finout.io/settings/endpoints/amazon-s3-bucket-endpoint). Compare the account in the \
                trust policy with the one it shows there. Afterwards give Finout the role's ARN, the bucket, its \
                region and the report's prefix.

                Exit codes: 0, printed. 64, wrong usage.
                """
        )

        @Option(help: "The bucket that the reports are written to.")
        var bucket: String
        @Option(name: .customLong("external-id"), help: "The external id that Finout shows.")
        var externalID: String
        @Option(help: "The 12 digits of Finout's AWS account, where its instructions for the role show another one.")
        var account = FinoutAccess.usualAccount
        @Option(
            help: """
                Objects under this may be read, such as tokens/; without it all of the bucket may. Names of other \
                objects can be listed in any case.
                """
        )
        var prefix = ""
        @Option(help: "The role's name.")
        var role = FinoutAccess.usualRole
        @Flag(help: "Print the permission policy alone.")
        var policy = false
        @Flag(help: "Print the trust policy alone.")
        var trust = false

        func validate() throws {
            guard !(policy && trust) else {
                throw ValidationError("Say --policy or --trust, or neither for both of them.")
            }
            _ = try access()
        }

        func run() throws {
            let access = try access()
            if policy { return print(access.policy) }
            if trust { return print(access.trust) }
            print(
                """
                # Permission policy: what the role may do (--policy prints it alone)
                \(access.policy)

                # Trust policy: who may take the role on (--trust prints it alone). Compare the account with the one
                # that Finout shows for the role; --account names another.
                \(access.trust)

                # To make the role \(access.role) with the AWS command line:
                #   \(call(access)) --policy > policy.json
                #   \(call(access)) --trust > trust.json
                #   aws iam create-role --role-name \(access.role) --assume-role-policy-document file://trust.json
                #   aws iam put-role-policy --role-name \(access.role) --policy-name ReadTelemetry \\
                #     --policy-document file://policy.json
                #   aws iam get-role --role-name \(access.role) --query Role.Arn --output text
                # The last one prints the ARN that Finout asks for.
                """
            )
        }

        private func access() throws -> FinoutAccess {
            do throws(FinoutAccess.Refusal) {
                return try FinoutAccess(
                    bucket: bucket,
                    prefix: prefix,
                    externalID: externalID,
                    account: account,
                    role: role
                )
            } catch {
                throw ValidationError(error.description)
            }
        }

        /// This call again, for a shell.
        private func call(_ access: FinoutAccess) -> String {
            var words = ["meterd iam finout", "--bucket \(access.bucket)", "--external-id \(access.externalID)"]
            if access.account != FinoutAccess.usualAccount { words.append("--account \(access.account)") }
            if !access.prefix.isEmpty {
                words.append("--prefix '\(access.prefix.replacing("'", with: "'\\''"))'")
            }
            return words.joined(separator: " ")
        }
    }
}
