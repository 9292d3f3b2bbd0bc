import NIOCore
import Testing

@testable import HTTPServer

@Suite("Finding requests in bytes")
struct RequestReaderTests {
    /// What a reader finds: heads as `METHOD target`, bodies joined, then the fault if there is one.
    private func read(_ text: String, step: Int = .max, limits: HTTPLimits = HTTPLimits()) -> [String] {
        var reader = RequestReader(limits: limits)
        var found: [String] = []
        var body = ""
        var buffer = ByteBuffer()
        var rest = Substring(text).unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }[...]
        do throws(FramingFault) {
            while true {
                switch try reader.next(&buffer) {
                case .needsMore:
                    guard !rest.isEmpty else { return found }
                    buffer.writeBytes(rest.prefix(step))
                    rest = rest.dropFirst(step)
                case .head:
                    found.append("\(reader.head.text(reader.head.method)) \(reader.head.text(reader.head.target))")
                case .body(let piece): body += String(buffer: piece)
                case .end:
                    found.append("body \(body)")
                    body = ""
                }
            }
        } catch {
            return found + ["fault \(error.status)"]
        }
    }

    private func head(_ fields: String, line: String = "GET / HTTP/1.1") -> [String] {
        read("\(line)\r\n\(fields)\r\n")
    }

    @Test("however the bytes are cut, the same requests are found", arguments: [1, 2, 3, 7, 64, Int.max])
    func cuts(_ step: Int) {
        let text =
            "\r\nPOST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
            + "POST /b?c=1 HTTP/1.1\r\nhost:b:80\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\nA\r\n0123456789\r\n"
            + "000\r\nTrailer: x\r\n\r\nGET /d HTTP/1.0\r\n\r\n"
        #expect(
            read(text, step: step) == [
                "POST /a", "body hello", "POST /b?c=1", "body abc0123456789", "GET /d", "body ",
            ]
        )
    }

    @Test("Host must be there once in HTTP/1.1, may be missing in HTTP/1.0, and be a host")
    func host() {
        #expect(head("") == ["fault 400"])
        #expect(head("Host: a\r\nHost: a\r\n") == ["fault 400"])
        #expect(head("Host: a\r\n", line: "GET / HTTP/1.0").last == "body ")
        #expect(head("", line: "GET / HTTP/1.0").last == "body ")
        for good in ["", "a", "a.b-c_d:8080", "[::1]", "[::1]:80", "127.0.0.1:", "%41"] {
            #expect(head("Host: \(good)\r\n").last == "body ", "\(good)")
        }
        for bad in ["a b", "a/b", "u@a", "a:b", "[::1", "[]", "[::1]x", "a,b:1,", "\u{E9}", "a#", "a:80:90"] {
            #expect(head("Host: \(bad)\r\n") == ["fault 400"], "\(bad)")
        }
    }

    @Test("the framing fields must leave one way to find the body's end")
    func framing() {
        let host = "Host: a\r\n"
        #expect(head(host + "Transfer-Encoding: chunked\r\n", line: "POST / HTTP/1.0") == ["fault 400"])
        #expect(head(host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") == ["fault 400"])
        #expect(head(host + "Transfer-Encoding: chunked, gzip\r\n") == ["fault 501"])
        #expect(head(host + "Transfer-Encoding:\r\n") == ["fault 501"])
        #expect(head(host + "Content-Length:\r\n") == ["fault 400"])
        #expect(head(host + "Content-Length: 1 1\r\n") == ["fault 400"])
        #expect(head(host + "Content-Length: 1,1\r\n") == ["fault 400"])
        #expect(head(host + "Content-Length: 1\r\nContent-Length: 1\r\n") == ["fault 400"])
        #expect(head(host + "Content-Length: 999999999999999999\r\n") == ["GET /"])
        #expect(head(host + "Content-Length: 1000000000000000000\r\n") == ["fault 400"])
    }

    @Test(
        "an absolute form is reduced to its path",
        arguments: [
            ("http://a/b?c", "GET /b?c"), ("HTTPS://a:1/b", "GET /b"), ("http://a", "GET "), ("http://a?x", "GET ?x"),
        ]
    )
    func absoluteForm(_ target: String, _ found: String) {
        #expect(head("Host: a\r\n", line: "GET \(target) HTTP/1.1").first == found)
    }

    @Test(
        "a request line that is not one is refused",
        arguments: [
            ("GET  / HTTP/1.1", 400), ("GET / HTTP/1.1 ", 400), (" GET / HTTP/1.1", 400), ("GET /", 400), ("GET", 400),
            ("GET * HTTP/1.1", 400), ("GET a HTTP/1.1", 400), ("GET http:/// HTTP/1.1", 400),
            ("GET http://u@a/ HTTP/1.1", 400), ("G\u{E9}T / HTTP/1.1", 400), ("GET /\u{7F} HTTP/1.1", 400),
            ("GET / http/1.1", 400), ("GET / HTTP/1", 400), ("GET / HTTP/1.x", 400), ("GET / HTTP/0.9", 505),
            ("PRI * HTTP/2.0", 505), ("CONNECT a:1 HTTP/1.1", 501),
        ]
    )
    func requestLine(_ line: String, _ status: Int) {
        #expect(head("Host: a\r\n", line: line) == ["fault \(status)"])
    }

    @Test("a later minor version is served")
    func minorVersion() {
        #expect(head("Host: a\r\n", line: "GET / HTTP/1.9").last == "body ")
    }

    @Test("limits hold before the line or the head has come to its end")
    func limits() {
        var limits = HTTPLimits()
        limits.requestLine = 32
        limits.head = 128
        limits.fields = 3
        let a = String(repeating: "a", count: 40)
        #expect(read("GET /" + a, limits: limits) == ["fault 414"])
        #expect(read("GET /\(a) HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits) == ["fault 414"])
        #expect(read("GET / HTTP/1.1\r\nHost: a\r\nA: \(a)\(a)\(a)", limits: limits) == ["fault 431"])
        #expect(read("GET / HTTP/1.1\r\nHost: a\r\nA: \(a)\(a)\(a)\r\n\r\n", limits: limits) == ["fault 431"])
        #expect(read("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nA: 2\r\nA: 3\r\n\r\n", limits: limits) == ["fault 431"])
        #expect(read("\r\n\r\n\r\n\r\n\r\n", limits: limits) == ["fault 400"])
    }

    @Test("chunk extensions and trailers share one limit for the whole request")
    func chunkLimit() {
        var limits = HTTPLimits()
        limits.chunkExtensions = 20
        let start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(read(start + "1;aaaaaaaa\r\nx\r\n0\r\nA: 1234\r\n\r\n", limits: limits).last == "body x")
        #expect(read(start + "1;aaaaaaaa\r\nx\r\n1;aaaaaaaa\r\nx\r\n1;a", limits: limits).last == "POST /")
        #expect(read(start + "1;aaaaaaaa\r\nx\r\n1;aaaaaaaa\r\nx\r\n1;aa\r\n", limits: limits).last == "fault 400")
        #expect(read(start + "1;aaaaaaaa\r\nx\r\n0\r\nA: 123456789\r\n\r\n", limits: limits).last == "fault 400")
        #expect(read(start + "1;" + String(repeating: "a", count: 60), limits: limits).last == "fault 400")
    }

    @Test(
        "a chunked body that is not one is refused",
        arguments: [
            "g\r\n", "1 1\r\n", "1 \r\n", ";a\r\n", "0x1\r\n", "1\r\nxy\r\n", "1\r\nx\n0\r\n\r\n", "1;\u{1}\r\n",
            "1000000000000000\r\n", "0\r\nno colon\r\n\r\n", "0\r\n folded: x\r\n\r\n", "\n",
        ]
    )
    func badChunks(_ body: String) {
        let start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(read(start + body).last == "fault 400")
    }

    @Test("HTTP/1.0 and Connection: close end the connection")
    func persistence() throws(FramingFault) {
        for (line, field, keeps) in [
            ("GET / HTTP/1.1", "A: b", true), ("GET / HTTP/1.0", "A: b", false),
            ("GET / HTTP/1.1", "Connection: keep-alive, Close", false), ("GET / HTTP/1.1", "Connection: closed", true),
        ] {
            var reader = RequestReader(limits: HTTPLimits())
            var buffer = ByteBuffer(string: "\(line)\r\nHost: a\r\n\(field)\r\n\r\n")
            _ = try reader.next(&buffer)
            #expect(reader.head.keepsAlive == keeps, "\(line) \(field)")
        }
    }

    @Test("the sets of characters are those of RFC 9110 and RFC 3986")
    func characters() {
        let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        for byte in UInt8.min...UInt8.max {
            let character = byte < 128 ? Character(UnicodeScalar(byte)) : "\u{0}"
            #expect(ASCIISet.token.contains(byte) == (letters + "!#$%&'*+-.^_`|~").contains(character))
            #expect(ASCIISet.registeredName.contains(byte) == (letters + "-._~!$&'()*+,;=%").contains(character))
        }
    }
}
