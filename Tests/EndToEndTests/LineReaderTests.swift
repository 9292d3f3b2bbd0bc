import Foundation
import Testing

@testable import meterd

@Suite("Reading lines of a file")
struct LineReaderTests {
    private static let chunk = 256 << 10

    /// All lines; nil for one that is too long.
    private func read(_ bytes: [UInt8], limit: Int) throws -> (lines: [[UInt8]?], done: [Int]) {
        let file = FileManager.default.temporaryDirectory.appending(path: "meterd-lines-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let reader = try LineReader(file: file.path, limit: limit)
        #expect(reader.size == bytes.count)
        var lines: [[UInt8]?] = []
        var done: [Int] = []
        while true {
            switch try reader.next(milliseconds: 1_000) {
            case .text(let line): lines.append(Array(line))
            case .tooLong: lines.append(nil)
            case .pending: continue
            case .end: return (lines, done)
            }
            #expect(reader.number == lines.count)
            done.append(reader.bytesDone)
        }
    }

    private func texts(_ text: String, limit: Int = 100) throws -> [String?] {
        try read(Array(text.utf8), limit: limit).lines.map { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test("line feeds end lines, carriage returns before them are no part, and the last one may lack its end")
    func endings() throws {
        #expect(try texts("a\nb\r\n\n\r\nc") == ["a", "b", "", "", "c"])
        #expect(try texts("a\n") == ["a"])
        #expect(try texts("") == [])
        #expect(try texts("\n") == [""])
        #expect(try texts("a\rb\r") == ["a\rb"])
    }

    @Test("a byte order mark counts only at the very beginning")
    func mark() throws {
        #expect(try texts("\u{FEFF}a\n\u{FEFF}b") == ["a", "\u{FEFF}b"])
        #expect(try texts("\u{FEFF}") == [""])
    }

    @Test("a line of the limit is taken, whatever surrounds it, and a longer one is not")
    func limit() throws {
        #expect(try texts("\u{FEFF}abcd\r\nabcde\nabcd\nabcde", limit: 4) == ["abcd", nil, "abcd", nil])
        #expect(try texts("abcde\r\nabc", limit: 4) == [nil, "abc"])
    }

    @Test("lines are the same wherever reads end", arguments: 0..<4 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let limit = 50_000
        var bytes: [UInt8] = []
        var expected: [[UInt8]?] = []
        var done: [Int] = []
        for number in 0..<60 {
            let length = Int(random.next() % (number % 10 == 0 ? 3 * UInt64(Self.chunk) : 60_000))
            let line = (0..<length).map { UInt8(truncatingIfNeeded: 0x61 + ($0 + number) % 26) }
            bytes += line
            if random.next() % 2 == 0 { bytes.append(0x0D) }
            bytes.append(0x0A)
            expected.append(line.count > limit ? nil : line)
            done.append(bytes.count)
        }
        let found = try read(bytes, limit: limit)
        #expect(found.lines == expected, "seed \(seed)")
        #expect(found.done == done)
    }

    @Test("a file that is not there, and a folder, are told by name")
    func faults() {
        #expect { _ = try LineReader(file: "/nonexistent/events", limit: 10) } throws: {
            "\($0)" == "/nonexistent/events cannot be read: No such file or directory"
        }
        #expect { _ = try LineReader(file: "/", limit: 10) } throws: { "\($0)" == "/ cannot be read: Is a directory" }
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
