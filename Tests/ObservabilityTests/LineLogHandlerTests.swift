import Foundation
import Glibc
import Logging
import Observability
import Testing

@Suite("Log lines")
struct LineLogHandlerTests {
    /// 2025-06-07T08:09:10.123456Z
    private static let time: Int64 = 1_749_283_750_123_456

    private struct Odd: Error, CustomStringConvertible { var description: String { "the disk is gone" } }

    /// Runs `body` with a logger that writes to a pipe and returns what it wrote.
    private func lines(
        _ format: LogFormat,
        time: Int64 = Self.time,
        provider: Logger.MetadataProvider? = nil,
        _ body: (Logger) throws -> Void
    ) throws -> String {
        let pipe = Pipe()
        let writer = LogWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        var handler = LineLogHandler(label: "meterd", format: format, level: .debug, writer: writer) { time }
        handler.metadataProvider = provider
        try body(Logger(label: "meterd") { _ in handler })
        try pipe.fileHandleForWriting.close()
        return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }

    @Test("a text line has time in UTC with milliseconds, level, logger, message and sorted metadata")
    func text() throws {
        let text = try lines(.text) { $0.info("started", metadata: ["request": "r-1", "a": "two words"]) }
        #expect(text == "2025-06-07T08:09:10.123Z info meterd: started a=\"two words\" request=r-1\n")
    }

    @Test("a JSON line carries the request's id beside time, level and message")
    func json() throws {
        let text = try lines(.json) { $0.error("failed", metadata: ["request": "r-1", "rows": "\(3)"]) }
        #expect(
            text == #"{"time":"2025-06-07T08:09:10.123Z","level":"error","logger":"meterd","message":"failed","#
                + #""request":"r-1","rows":"3"}"# + "\n"
        )
    }

    @Test("a message with line feeds and control characters stays one line")
    func injection() throws {
        let message = "a\nb\r\u{1B}[31m\u{2028}\u{0}"
        let text = try lines(.text) { $0.info("\(message)") }
        #expect(text.hasSuffix(": a\\nb\\r\\u{1b}[31m\\u{2028}\\u{0}\n"))
        #expect(text.split(separator: "\n").count == 1)
    }

    @Test("a JSON line reads back whatever is in message, keys and nested values")
    func readsBack() throws {
        let nasty = "\"\\\n\t\u{1}\u{7F}é😀"
        let text = try lines(.json) {
            $0.info("\(nasty)", metadata: ["time": "mine", "\(nasty)": ["x": ["y", "\(nasty)"]]])
        }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["message"] as? String == nasty)
        #expect(object["time"] as? String == "2025-06-07T08:09:10.123Z")
        #expect(object["time_"] as? String == "mine")
        #expect((object[nasty] as? [String: [String]]) == ["x": ["y", nasty]])
    }

    @Test("the statement's metadata wins over the provider's, which wins over the logger's")
    func precedence() throws {
        let provider = Logger.MetadataProvider { ["a": "provider", "b": "provider"] }
        let text = try lines(.text, provider: provider) { logger in
            var logger = logger
            logger[metadataKey: "a"] = "logger"
            logger[metadataKey: "b"] = "logger"
            logger[metadataKey: "c"] = "logger"
            logger.info("x", metadata: ["a": "statement"])
        }
        #expect(text.hasSuffix("x a=statement b=provider c=logger\n"))
    }

    @Test("an error given to the logger is in the line")
    func error() throws {
        let text = try lines(.text) { $0.error("stopping", error: Odd()) }
        #expect(text.hasSuffix("stopping error=\"the disk is gone\"\n"))
    }

    @Test("a level below the logger's is not written")
    func level() throws {
        #expect(try lines(.text) { $0.trace("x") } == "")
    }

    @Test("a text over the limit is cut and marked")
    func limit() throws {
        let text = try lines(.json) { $0.info("\(String(repeating: "x", count: 20_000))") }
        #expect(text.count < 9000)
        #expect(text.contains("x…\""))
    }

    @Test(
        "times before 1970, on leap days and at year ends are right",
        arguments: [
            (Int64(-1), "1969-12-31T23:59:59.999Z"), (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"), (4_107_542_399_999_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"), (1_735_689_599_000_000, "2024-12-31T23:59:59.000Z"),
        ]
    )
    func times(_ microseconds: Int64, _ expected: String) throws {
        #expect(try lines(.text, time: microseconds) { $0.info("x") }.hasPrefix(expected + " "))
    }

    @Test("lines of many threads never mix, also above the size a pipe keeps together")
    func noInterleaving() async throws {
        let pipe = Pipe()
        let writer = LogWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let reading = Task.detached { try pipe.fileHandleForReading.readToEnd() ?? Data() }
        await withTaskGroup(of: Void.self) { group in
            for letter in ["a", "b", "c", "d"] {
                group.addTask {
                    let logger = Logger(label: letter) { LineLogHandler(label: $0, format: .text, writer: writer) }
                    for _ in 0..<50 { logger.info("\(String(repeating: letter, count: 6000))") }
                }
            }
        }
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try await reading.value, as: UTF8.self)
        let messages = text.split(separator: "\n").map { $0.split(separator: " ").last ?? "" }
        #expect(messages.count == 200)
        #expect(messages.allSatisfy { $0.count == 6000 && Set($0).count == 1 })
    }

    @Test("a reader that has gone loses the line and nothing else")
    func goneReader() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let writer = LogWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let logger = Logger(label: "x") { LineLogHandler(label: $0, format: .text, writer: writer) }
        logger.info("nobody reads this")
    }
}
