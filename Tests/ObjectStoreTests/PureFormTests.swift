import NIOHTTP1
import Testing

@testable import ObjectStore

/// What needs no socket: times, encodings, addresses, part sizes, listings.
@Suite struct PureFormTests {
    @Test(
        "a time keeps its fields through every spelling",
        arguments: [
            ("1970-01-01T00:00:00Z", "19700101T000000Z", Int64(0)),
            ("2000-02-29T23:59:59Z", "20000229T235959Z", 951_868_799_000_000),
            ("2026-12-31T12:00:00Z", "20261231T120000Z", 1_798_718_400_000_000),
        ]
    )
    func times(_ iso: String, _ amz: String, _ microseconds: Int64) {
        #expect(UTCTime(iso8601: iso)?.microseconds == microseconds)
        #expect(UTCTime(microseconds: microseconds).amzDate == amz)
        #expect(UTCTime(microseconds: microseconds + 999_999).amzDate == amz)
    }

    @Test("a Date header is read")
    func dateHeader() {
        #expect(UTCTime(httpDate: "Sun, 06 Nov 1994 08:49:37 GMT")?.microseconds == 784_111_777_000_000)
    }

    @Test(
        "what is no time is refused",
        arguments: ["", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00+02:00", "x"]
    )
    func noTimes(_ text: String) {
        #expect(UTCTime(iso8601: text) == nil)
        #expect(UTCTime(httpDate: text) == nil)
    }

    @Test("a fraction of a second is read and dropped")
    func fraction() {
        #expect(UTCTime(iso8601: "2026-01-01T00:00:00.123456Z") == UTCTime(iso8601: "2026-01-01T00:00:00Z"))
        #expect(UTCTime(iso8601: "2026-01-01T00:00:00.Z") == nil)
    }

    @Test("percent-encoding leaves only the unreserved characters and comes back")
    func percent() {
        let text = "a/ü +%&=~._-\u{1F600}"
        #expect(PercentEncoding.encode(text) == "a%2F%C3%BC%20%2B%25%26%3D~._-%F0%9F%98%80")
        #expect(PercentEncoding.encode("a/b c", keepsSlashes: true) == "a/b%20c")
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        #expect(PercentEncoding.decode("100%, %4") == "100%, %4")
    }

    @Test(
        "a URL is taken apart",
        arguments: [
            ("https://s3.example.org", "https://s3.example.org", "s3.example.org", ""),
            ("http://127.0.0.1:9000/", "http://127.0.0.1:9000", "127.0.0.1:9000", ""),
            ("https://S3.Example.org:443/base/", "https://s3.example.org", "s3.example.org", "/base"),
            ("http://[::1]:80/a/b", "http://[::1]", "[::1]", "/a/b"),
        ]
    )
    func endpoints(_ text: String, _ origin: String, _ authority: String, _ path: String) {
        let url = EndpointURL(text)
        #expect(url?.origin == origin)
        #expect(url?.authority == authority)
        #expect(url?.path == path)
    }

    @Test(
        "what is no endpoint is refused",
        arguments: [
            "", "s3.example.org", "ftp://example.org", "http://", "http://a b", "http://u:p@example.org", "http://h:0",
            "http://h:65536", "http://h?x=1", "http://h#f", "http://h:",
        ]
    )
    func noEndpoints(_ text: String) {
        #expect(EndpointURL(text) == nil)
    }

    @Test("an object is addressed by host or by path")
    func addressing() throws {
        func place(_ settings: S3Settings, _ key: String?) -> String {
            let place = settings.addressing.place(of: key, region: settings.region)
            return place.origin + place.path
        }
        let aws = try S3Settings(bucket: "bucket", region: "eu-west-1")
        #expect(place(aws, "a b/c") == "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/c")
        #expect(place(aws, nil) == "https://bucket.s3.eu-west-1.amazonaws.com/")
        let china = try S3Settings(bucket: "bucket", region: "cn-north-1", pathStyle: true)
        #expect(place(china, "k") == "https://s3.cn-north-1.amazonaws.com.cn/bucket/k")
        let dotted = try S3Settings(bucket: "a.example.org", region: "eu-west-1")
        #expect(place(dotted, "k") == "https://s3.eu-west-1.amazonaws.com/a.example.org/k")
        let address = try S3Settings(bucket: "bucket", region: "x", endpoint: "http://127.0.0.1:9000/s3")
        #expect(place(address, "k") == "http://127.0.0.1:9000/s3/bucket/k")
        let named = try S3Settings(bucket: "bucket", region: "x", endpoint: "http://localhost:9000/s3")
        #expect(place(named, "k") == "http://bucket.localhost:9000/s3/k")
    }

    @Test("settings that make no sense are refused with a reason")
    func settings() {
        #expect(throws: ObjectStoreError.self) { try S3Settings(bucket: "a", region: "r") }
        #expect(throws: ObjectStoreError.self) { try S3Settings(bucket: "a/b/c", region: "r") }
        #expect(throws: ObjectStoreError.self) { try S3Settings(bucket: "bucket", region: "r/x") }
        #expect(throws: ObjectStoreError.self) { try S3Settings(bucket: "bucket", region: "r", prefix: "no-slash") }
        #expect(throws: ObjectStoreError.self) { try S3Settings(bucket: "bucket", region: "r", prefix: "../") }
        #expect(throws: ObjectStoreError.self) { try S3Settings(bucket: "bucket", region: "r", endpoint: "host") }
    }

    @Test("the largest object fits in the parts that S3 takes, from 5 MiB on", arguments: [5 << 20, 8 << 20, 64 << 20])
    func partSizes(_ first: Int) {
        var multipart = S3Settings.Multipart()
        multipart.partSize = first
        let plan = PartPlan(multipart)
        #expect((1...PartPlan.limit).reduce(0) { $0 + plan.size(ofPart: $1) } >= PartPlan.largestObject)
        #expect((1...PartPlan.equalParts).allSatisfy { plan.size(ofPart: $0) == first })
        #expect((1...PartPlan.limit).allSatisfy { plan.size(ofPart: $0) <= PartPlan.largestPart })
    }

    @Test("a listing is read, its keys decoded and freed of the prefix")
    func listing() {
        let xml = """
            <?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>
            <Contents><Key>p/a%2Bb+c</Key><Size>3</Size></Contents><Contents><Key>p/%CC%81x</Key><Size>0</Size></Contents>
            </ListBucketResult>
            """
        let page = S3Listing(Array(xml.utf8), dropping: "p/")
        #expect(page?.entries == [ObjectEntry(key: "a+b c", size: 3), ObjectEntry(key: "\u{301}x", size: 0)])
        #expect(page?.next == "t&1")
    }

    @Test(
        "what is no listing is refused",
        arguments: [
            "", "text", "<ListBucketResult>", "<Error/>",
            "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            "<!DOCTYPE x [<!ENTITY e \"a\">]><ListBucketResult>&e;</ListBucketResult>",
            "<ListBucketResult>" + String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40)
                + "</ListBucketResult>",
        ]
    )
    func noListings(_ xml: String) {
        #expect(S3Listing(Array(xml.utf8), dropping: "") == nil)
    }

    @Test(
        "a key that could mean another place is refused",
        arguments: [
            "", "/a", "a/", "a//b", "..", "a/../b", "./a", "a/.", "nul\u{0}", "line\n",
            String(repeating: "k", count: 256),
            String(repeating: "k/", count: 512) + "k",
        ]
    )
    func badKeys(_ key: String) {
        #expect(throws: ObjectStoreError.self) { try ObjectKey.check(key) }
    }

    @Test("an ordinary key is taken", arguments: ["a", "reports/2026-01-31.csv", "...", "a b/ü+%", ".hidden"])
    func goodKeys(_ key: String) throws {
        try ObjectKey.check(key)
    }

    @Test("secrets do not get into text")
    func secrets() {
        let credentials = Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "hush", sessionToken: "quiet")
        for text in ["\(credentials)", String(reflecting: credentials), "\(StaticCredentials(credentials))"] {
            #expect(!text.contains("hush") && !text.contains("quiet"))
        }
    }
}
