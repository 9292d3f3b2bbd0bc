import Testing

@testable import Reports

@Suite("Reading CSV for a check")
struct CheckCSVTests {
    private struct Read: Equatable {
        var line: Int
        var fields: [String]
        var fault: String?
    }

    /// The records of a text that comes in pieces of so many bytes.
    private func records(_ bytes: [UInt8], piece: Int) -> [Read] {
        var scanner = CSVScanner()
        var records: [Read] = []
        bytes.withUnsafeBytes { all in
            for start in stride(from: 0, to: all.count, by: piece) {
                let end = min(start + piece, all.count)
                scanner.read(UnsafeRawBufferPointer(rebasing: all[start..<end])) {
                    records.append(Read(line: $0.line, fields: $0.texts, fault: $0.fault))
                }
            }
        }
        scanner.finish { records.append(Read(line: $0.line, fields: $0.texts, fault: $0.fault)) }
        return records
    }

    @Test(
        "records are the same however the bytes are cut, with LF or CRLF, with a last line end or without",
        arguments: [1, 2, 3, 7, 1000]
    )
    func pieces(piece: Int) {
        let text = "a,b\r\n\"1,\"\"x\n\ny\",\n,\"\"\n\nπ,last"
        #expect(
            records(Array(text.utf8), piece: piece) == [
                Read(line: 1, fields: ["a", "b"]), Read(line: 2, fields: ["1,\"x\n\ny", ""]),
                Read(line: 5, fields: ["", ""]), Read(line: 6, fields: [""]), Read(line: 7, fields: ["π", "last"]),
            ]
        )
    }

    @Test("nothing has no record, and a line end alone has one with an empty field")
    func edges() {
        #expect(records([], piece: 1).isEmpty)
        #expect(records(Array("\n".utf8), piece: 1) == [Read(line: 1, fields: [""])])
        #expect(records(Array("a,".utf8), piece: 1) == [Read(line: 1, fields: ["a", ""])])
    }

    @Test(
        "what is no CSV is told with its line, and the next record is read again",
        arguments: [
            ("a\n\"b\"c\nd\n", 2, "something between a closing quote"), ("a\nb\"c\nd\n", 2, "a quote inside a field"),
            ("a\nb\rc\nd\n", 2, "a carriage return outside quotes"),
        ]
    )
    func faults(text: String, line: Int, says: String) {
        let records = records(Array(text.utf8), piece: 1)
        #expect(records.map { $0.fault != nil } == [false, true, false])
        #expect(records[1].line == line && records[1].fault?.contains(says) == true, "\(records)")
    }

    @Test("a quote that is never closed is told with the line where it was opened")
    func openQuote() {
        let records = records(Array("a\nb,\"c\nd\n".utf8), piece: 3)
        #expect(records.count == 2)
        #expect(records.last?.fault == "the quote that is opened in line 2 is never closed")
    }

    @Test("bytes that are not UTF-8 are told, also where two fields together would be")
    func encoding() {
        let whole = records(Array("a,".utf8) + [0xC3, 0x28] + Array("\nb,c\n".utf8), piece: 2)
        #expect(whole.map(\.fault) == ["is not UTF-8", nil])
        let halves = records([0xC3, UInt8(ascii: ","), 0xA9, UInt8(ascii: "\n")], piece: 1)
        #expect(halves.map(\.fault) == ["is not UTF-8"])
    }

    @Test("a byte order mark is told, and one inside is a character like others")
    func byteOrderMark() {
        let front = records(Array("\u{FEFF}a\nb\n".utf8), piece: 1)
        #expect(front.map { $0.fault != nil } == [true, false])
        #expect(front[0].fault?.contains("byte order mark") == true)
        #expect(records(Array("a\n\u{FEFF}b\n".utf8), piece: 1).allSatisfy { $0.fault == nil })
    }

    @Test("a line without an end is not kept in memory")
    func limits() {
        let long = records(
            [UInt8](repeating: 0x61, count: CSVScanner.recordLimit + 10) + Array("\nb\n".utf8),
            piece: 65_536
        )
        #expect(long.map { $0.fault != nil } == [true, false])
        #expect(long[0].fields[0].utf8.count == CSVScanner.recordLimit)
        let wide = records([UInt8](repeating: UInt8(ascii: ","), count: 5_000) + Array("\nb\n".utf8), piece: 4_096)
        #expect(wide[0].fields.count == CSVScanner.fieldLimit && wide[0].fault != nil && wide[1].fields == ["b"])
    }
}
