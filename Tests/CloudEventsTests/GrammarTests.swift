import Foundation
import Testing

@testable import CloudEvents

@Suite("URI references, media types and Base64")
struct GrammarTests {
    private func withBytes<R>(_ text: String, _ body: (UnsafePointer<UInt8>, Int) -> R) -> R {
        Array((text + "\0").utf8).withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { preconditionFailure("there is a byte at least") }
            return body(start, bytes.count - 1)
        }
    }

    private func reading<R>(_ text: String, _ body: (MediaType) -> R) -> R? {
        withBytes(text) { MediaType.reading(UnsafeRawBufferPointer(start: $0, count: $1), body) }
    }

    @Test(
        "a URI reference is taken",
        arguments: [
            "/s", "a", "a/b", "./a:b", "../x", "?q", "#f", "?a=b#c", "//host", "//host/p", "//user:pw@host:80/p?q#f",
            "http://h", "http://h:", "http://h:8080/", "http://[::1]:80/x", "http://[2001:db8::7]/",
            "http://[::ffff:1.2.3.4]/",
            "http://[1:2:3:4:5:6:7:8]/", "http://[1:2:3:4:5:6:7::]/", "http://[v1.fe:x]/", "mailto:a@example.com",
            "urn:example:a",
            "tel:+1-816-555-1212", "a%20b", "%41", "http://ex%41mple.com/", "example/service-a", "1-555-123-4567",
            "~a_b",
            "https://example.com/a;b=c,d?x=/?#/?", "a//b", "file:///etc", "x:",
        ]
    )
    func takesReference(_ text: String) {
        #expect(withBytes(text, URIReference.isValid))
    }

    @Test(
        "what is no URI reference is refused",
        arguments: [
            "a b", "/a%2", "/a%zz", "a%", "a\"b", "<a>", "{a}", "a|b", "a\\b", "a^b", "a`b", "/a[b]", "a#b#c", " a",
            "a ",
            "http://h:8x/", "http://[::1", "http://[::1]x/", "http://[1:2]/", "http://[1::2::3]/", "http://[12345::]/",
            "http://[::1.2.3]/", "http://[::1.2.3.256]/", "http://[::01.2.3.4]/", "http://[:1:2:3:4:5:6:7:8]/",
            "http://[1:2:3:4:5:6:7:8::]/", "http://[1:2:3:4:5:6:7:8:9]/", "http://[v.x]/", "http://[v1.]/",
            "http://a@b@c/",
            "1a:b", ":a", "é", "\u{7F}", "//[", "http://h[::1]/", "http://[]/", "http://[1:2:3:4:5:6:7:]/",
            "http://[:]/",
        ]
    )
    func refusesReference(_ text: String) {
        #expect(!withBytes(text, URIReference.isValid))
    }

    @Test("only a URI with a scheme is absolute")
    func absolute() {
        #expect(withBytes("http://example.com/schema#part", URIReference.isAbsolute))
        #expect(withBytes("urn:a", URIReference.isAbsolute))
        #expect(!withBytes("/schema", URIReference.isAbsolute))
        #expect(!withBytes("", URIReference.isAbsolute))
        #expect(!withBytes("http://a b/", URIReference.isAbsolute))
    }

    @Test(
        "a media type is taken",
        arguments: [
            "application/json", "text/plain; charset=utf-8", "application/vnd.x+JSON;v=1", "a/b;c=\"d;\\\"e\"",
            "a/b ; c=d",
            "a/b;", "*/*",
        ]
    )
    func takesMediaType(_ text: String) {
        #expect(reading(text) { _ in true } == true)
    }

    @Test(
        "what is no media type is refused",
        arguments: [
            "", "a", "a/", "/b", "a/b/c", "a b/c", " a/b", "a/b; c", "a/b; =d", "a/b; c=", "a/b; c=\"d", "a/b, c/d",
            "a/b c",
            "a/é", "a/b; c=\"d\"e",
        ]
    )
    func refusesMediaType(_ text: String) {
        #expect(reading(text) { _ in true } == nil)
    }

    @Test("a media type knows JSON, UTF-8 and what absent means")
    func mediaTypeKinds() {
        func reads(_ text: String, _ question: KeyPath<MediaType, Bool>) -> Bool? {
            reading(text) { $0[keyPath: question] }
        }
        #expect(reads("application/json", \.isJSON) == true)
        #expect(reads("text/JSON", \.isJSON) == true)
        #expect(reads("application/vnd.x+json", \.isJSON) == true)
        #expect(reads("application/+json", \.isJSON) == false)
        #expect(reads("application/jsonx", \.isJSON) == false)
        #expect(reads("APPLICATION/JSON; Charset=\"UTF-8\"", \.isDefault) == true)
        #expect(reads("application/json; charset=latin1", \.isDefault) == false)
        #expect(reads("application/json; v=1", \.isDefault) == false)
        #expect(reads("text/plain", \.isUnicodeText) == true)
        #expect(reads("text/plain; charset=utf-16", \.isUnicodeText) == false)
        #expect(reads("text/plain; charset=utf-8; charset=utf-16", \.isUnicodeText) == false)
    }

    @Test("Base64 is read and written like Foundation's, of any length")
    func base64() {
        let seed: UInt64 = 4648
        var random = SeededGenerator(seed: seed)
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let text = [UInt8](unsafeUninitializedCapacity: 400) { room, count in
                guard let start = room.baseAddress else { return }
                count = bytes.withUnsafeBytes { Base64.encode($0, into: start) }
            }
            #expect(text == Array(Data(bytes).base64EncodedData()), "seed \(seed)")
            #expect(decoded(String(decoding: text, as: UTF8.self)) == bytes, "seed \(seed)")
        }
    }

    @Test(
        "Base64 of another alphabet, without padding, with left-over bits or line breaks is refused",
        arguments: [
            "QQ", "QQ=", "QR==", "QUJ=", "====", "Q===", "QQ==QQ==", "_-8=", "QUJD\n", "QU JD", "QUI=QUJD", "é===",
        ]
    )
    func refusesBase64(_ text: String) {
        #expect(decoded(text) == nil)
    }

    private func decoded(_ text: String) -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: text.utf8.count + 1)
        let length = room.withUnsafeMutableBufferPointer { out -> Int? in
            guard let start = out.baseAddress else { return nil }
            return withBytes(text) { Base64.decode($0, $1, into: start) }
        }
        return length.map { Array(room.prefix($0)) }
    }
}
