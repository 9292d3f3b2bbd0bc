import Foundation
import TestServers
import Testing

@testable import ObjectStore

/// Another client against the same server: boto3, when it is installed beside the `weed` program.
@Suite(
    .enabled(
        if: PublishedClient.isInstalled,
        "no boto3 here: pip install boto3 into the virtual environment of the weed program"
    )
)
struct PublishedClientTests {
    @Test("boto3 reads what was put, with its checksum, type and hash, and what it puts is read")
    func agree() async throws {
        let server = try await SeaweedServer.shared.value
        let prefix = "boto3-" + UUID().uuidString + "/"
        let store = try server.store(prefix: prefix)
        let result = try await store.put("ours ü", .bytes(pattern(100_000)), contentType: "text/csv")
        let said = try PublishedClient.exchange(server, theirs: prefix + "theirs", ours: prefix + "ours ü")
        #expect(said == "\(result.sha256) text/csv \(result.sha256) 100000\n")
        #expect(try await store.get("theirs", limit: 100) == Array("theirs".utf8))
    }
}

private enum PublishedClient {
    static let python = SeaweedServer.program.map { URL(filePath: $0).deletingLastPathComponent().path + "/python3" }

    static let isInstalled = (try? run("import boto3", [])) != nil

    static func exchange(_ server: SeaweedServer, theirs: String, ours: String) throws -> String {
        let keys = SeaweedServer.narrow
        return try run(
            """
            import boto3, hashlib, sys
            origin, id, secret, bucket, theirs, ours = sys.argv[1:]
            client = boto3.client("s3", endpoint_url=origin, region_name="us-east-1", aws_access_key_id=id, aws_secret_access_key=secret)
            client.put_object(Bucket=bucket, Key=theirs, Body=b"theirs")
            answer = client.get_object(Bucket=bucket, Key=ours, ChecksumMode="ENABLED")
            body = answer["Body"].read()
            print(hashlib.sha256(body).hexdigest(), answer["ContentType"], answer["Metadata"]["sha256"], len(body))
            """,
            [server.origin, keys.accessKeyID, keys.secretAccessKey, SeaweedServer.bucket, theirs, ours]
        )
    }

    private static func run(_ script: String, _ arguments: [String]) throws -> String {
        guard let python else { throw SeaweedServer.Failed(description: "no Python") }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", script] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.start()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw SeaweedServer.Failed(description: "boto3 failed") }
        return String(decoding: said, as: UTF8.self)
    }
}
