import Foundation
import Testing

@testable import ObjectStore

/// AWS's published test suite of Signature Version 4, all cases, as the header and as the query form.
@Suite struct SignatureVectorTests {
    @Test(
        "the header form comes to AWS's canonical request, string to sign, signature and request",
        arguments: Vector.all
    )
    func header(_ vector: Vector) throws {
        let signed = vector.signer.signed(try vector.request(forHeader: true), at: vector.time)
        #expect(signed.canonicalRequest == vector.text("header-canonical-request"))
        #expect(signed.stringToSign == vector.text("header-string-to-sign"))
        #expect(signed.signature == vector.text("header-signature"))
        let expected = try Vector.parse(vector.text("header-signed-request"))
        #expect(signed.request.headers.normalized == expected.headers.normalized)
    }

    @Test(
        "the query form comes to AWS's canonical request, string to sign, signature and request",
        arguments: Vector.all
    )
    func query(_ vector: Vector) throws {
        let request = try vector.request(forHeader: false)
        let signed = vector.signer.presigned(request, at: vector.time, for: vector.context.expirationInSeconds)
        #expect(signed.canonicalRequest == vector.text("query-canonical-request"))
        #expect(signed.stringToSign == vector.text("query-string-to-sign"))
        #expect(signed.signature == vector.text("query-signature"))
        let expected = try Vector.parse(vector.text("query-signed-request"))
        #expect(signed.request.query == expected.query)
    }

    @Test("the suite is whole")
    func count() {
        #expect(Vector.all.count == 38)
    }

    @Test("S3's path is signed as it is and encoded once, another service's is normalised and encoded twice")
    func pathRules() {
        let request = SignableRequest(
            method: "GET",
            path: "/bucket/a//./b%20c",
            headers: [HeaderField("Host", "example.org")],
            payloadHash: "-"
        )
        #expect(CanonicalRequest(request, paths: .asIs).text.hasPrefix("GET\n/bucket/a//./b%20c\n"))
        #expect(CanonicalRequest(request, paths: .normalized).text.hasPrefix("GET\n/bucket/a/b%2520c\n"))
    }
}

extension [HeaderField] {
    /// Names in one case, in order, for comparison.
    fileprivate var normalized: [HeaderField] {
        map { HeaderField($0.name.lowercased(), $0.value.trimmingCharacters(in: .whitespaces)) }
            .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
    }
}

/// One case of the suite.
struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let context: Context
    private let directory: URL

    struct Context: Decodable, Sendable {
        struct Keys: Decodable, Sendable {
            var accessKeyId: String
            var secretAccessKey: String
            var token: String?
        }
        var credentials: Keys
        var expirationInSeconds: Int
        var normalize: Bool
        var region: String
        var service: String
        var signBody: Bool
        var timestamp: String
        var omitSessionToken: Bool?
    }

    static let all: [Vector] = {
        let root = Bundle.module.bundleURL.appending(path: "Fixtures/sigv4")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        return names.sorted().compactMap { Vector(name: $0, directory: root.appending(path: $0)) }
    }()

    private init?(name: String, directory: URL) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = try? Data(contentsOf: directory.appending(path: "context.json")),
            let context = try? decoder.decode(Context.self, from: data)
        else { return nil }
        self.name = name
        self.context = context
        self.directory = directory
    }

    var testDescription: String { name }

    func text(_ file: String) -> String {
        (try? String(contentsOf: directory.appending(path: file + ".txt"), encoding: .utf8)) ?? "no file"
    }

    var time: Int64 {
        UTCTime(iso8601: context.timestamp)?.microseconds ?? 0
    }

    var signer: SignatureV4 {
        SignatureV4(
            credentials: Credentials(
                accessKeyID: context.credentials.accessKeyId,
                secretAccessKey: context.credentials.secretAccessKey,
                sessionToken: context.credentials.token
            ),
            region: context.region,
            service: context.service,
            paths: context.normalize ? .normalized : .asIs,
            signsSessionToken: context.omitSessionToken != true
        )
    }

    /// The case's request. A case may want the body's hash as a header.
    func request(forHeader: Bool) throws -> SignableRequest {
        let (start, headers, query, body) = try Self.parse(text("request"))
        let hash = Digest(of: context.signBody ? body : "").hexadecimal
        let bodyHeader = context.signBody && forHeader ? [HeaderField("x-amz-content-sha256", hash)] : []
        return SignableRequest(
            method: start.method,
            path: start.path,
            query: query,
            headers: headers + bodyHeader,
            payloadHash: hash
        )
    }

    struct Malformed: Error {}

    /// Reads a request as the suite writes it, with spaces in paths and folded headers.
    static func parse(
        _ text: String
    ) throws -> (start: (method: String, path: String), headers: [HeaderField], query: [QueryItem], body: String) {
        let halves = text.components(separatedBy: "\n\n")
        var lines = halves[0].components(separatedBy: "\n")
        let start = lines.removeFirst()
        guard let first = start.firstIndex(of: " "), let last = start.lastIndex(of: " "), first < last else {
            throw Malformed()
        }
        let target = start[start.index(after: first)..<last].split(separator: "?", maxSplits: 1)
        var headers: [HeaderField] = []
        for line in lines where !line.isEmpty {
            if line.hasPrefix(" "), let folded = headers.popLast() {
                headers.append(HeaderField(folded.name, folded.value + "\n" + line))
            } else {
                let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
                headers.append(HeaderField(parts[0], parts[1]))
            }
        }
        let query = target.dropFirst().flatMap { $0.split(separator: "&") }.map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return QueryItem(PercentEncoding.decode(parts[0]), parts.count > 1 ? PercentEncoding.decode(parts[1]) : "")
        }
        let method = String(start[..<first])
        return ((method, String(target.first ?? "/")), headers, query, halves.count > 1 ? halves[1] : "")
    }
}
