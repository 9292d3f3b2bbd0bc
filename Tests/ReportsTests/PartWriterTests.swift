import Foundation
import Gzip
import ReportFormats
import Testing

@testable import Reports

@Suite("Files of a delivery")
struct PartWriterTests {
    /// Makes files of rows, handed over in groups; gives their bytes and how many rows each has.
    private func files(
        _ groups: [[String]],
        layout: FileLayout,
        isCompressed: Bool = false,
        memoryLimit: Int = 1 << 20
    ) throws -> [(bytes: [UInt8], rows: Int)] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "parts-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        var writer = try PartWriter(
            layout: layout,
            isCompressed: isCompressed,
            spool: SpoolSettings(directory: directory.path, memoryLimit: memoryLimit)
        )
        for group in groups {
            var bytes: [UInt8] = []
            var ends: [Int] = []
            for row in group {
                bytes += Array(row.utf8)
                ends.append(bytes.count)
            }
            try writer.append(bytes, rowEnds: ends)
        }
        let (spooled, parts) = try writer.finish()
        return try parts.map { part in
            (try spooled.read(at: part.file.offset, limit: part.file.bytes), part.rows)
        }
    }

    private func texts(_ groups: [[String]], layout: FileLayout) throws -> [String] {
        try files(groups, layout: layout).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    private func layout(rowLimit: Int? = nil, byteLimit: Int? = nil, separator: String = ",") -> FileLayout {
        FileLayout(
            header: Array("[".utf8),
            separator: Array(separator.utf8),
            footer: Array("]".utf8),
            rowLimit: rowLimit,
            byteLimit: byteLimit
        )
    }

    @Test("a file that would take the disk's last bytes, which are the log's, is refused and says so")
    func reserve() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "parts-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        var settings = SpoolSettings(directory: directory.path, memoryLimit: 10)
        settings.reserve = Int.max - 1_000
        var spool = ReportSpool(settings)
        try spool.append(Array("little".utf8))
        let error = #expect(throws: SpoolError.self) { try spool.append(Array("too much for memory".utf8)) }
        #expect(error?.description.contains("bytes of the disk free for the log") == true)
    }

    @Test("rows stand between header and footer, with separators between them, whatever groups they come in")
    func surrounded() throws {
        #expect(try texts([["a", "b"], [], ["c"]], layout: layout()) == ["[a,b,c]"])
        #expect(try texts([], layout: layout()) == ["[]"])
        #expect(
            try texts([["a\n"], ["b\n", "c\n"]], layout: FileLayout(header: Array("h\n".utf8))) == ["h\na\nb\nc\n"]
        )
    }

    @Test("a file has no more rows than it may")
    func rowLimit() throws {
        let rows = [["a", "b"], ["c", "d", "e"]]
        #expect(try texts(rows, layout: layout(rowLimit: 2)) == ["[a,b]", "[c,d]", "[e]"])
        #expect(try texts(rows, layout: layout(rowLimit: 2, separator: "")) == ["[ab]", "[cd]", "[e]"])
        #expect(try texts(rows, layout: layout(rowLimit: 5)) == ["[a,b,c,d,e]"])
        #expect(try files(rows, layout: layout(rowLimit: 2)).map(\.rows) == [2, 2, 1])
    }

    @Test("a file has no more bytes than it may, header, separators and footer included")
    func byteLimit() throws {
        #expect(try texts([["aa", "bb", "c"]], layout: layout(byteLimit: 7)) == ["[aa,bb]", "[c]"])
        #expect(try texts([["aa", "bb", "c"]], layout: layout(byteLimit: 6)) == ["[aa]", "[bb,c]"])
        #expect(try texts([["aa"], ["bb", "c"]], layout: layout(byteLimit: 7, separator: "")) == ["[aabbc]"])
    }

    @Test("a row that fits into no file is refused with its size")
    func rowTooLarge() throws {
        #expect(try texts([["abcd"]], layout: layout(byteLimit: 6)) == ["[abcd]"])
        let error = try #require(throws: PartError.self) {
            try texts([["a", "abcde"]], layout: layout(byteLimit: 6))
        }
        #expect("\(error)" == "a row of 5 bytes does not fit into a file, which may have 6 bytes")
    }

    @Test("each compressed file is one gzip member of what the file holds, in memory and on disk")
    func compressed() throws {
        let rows = (0..<40_000).map { "row \($0)\n" }
        let plain = FileLayout(header: Array("header\n".utf8), rowLimit: 15_000)
        for memoryLimit in [1 << 20, 1 << 12] {
            let files = try files([rows], layout: plain, isCompressed: true, memoryLimit: memoryLimit)
            #expect(files.map(\.rows) == [15_000, 15_000, 10_000])
            for (index, file) in files.enumerated() {
                let text = "header\n" + rows[index * 15_000..<min(rows.count, (index + 1) * 15_000)].joined()
                var encoder = GzipEncoder()
                let bytes = encoder.append(Array(text.utf8)) + encoder.finish()
                #expect(file.bytes == bytes)
            }
        }
    }

    @Test("files that are too large for memory are read back as they were written")
    func spilled() throws {
        let rows = (0..<1_000).map { "row \($0)\n" }
        let layout = FileLayout(header: Array("h\n".utf8), rowLimit: 300)
        let inMemory = try files([rows], layout: layout)
        let onDisk = try files([rows], layout: layout, memoryLimit: 100)
        #expect(inMemory.map(\.rows) == [300, 300, 300, 100])
        #expect(onDisk.map(\.bytes) == inMemory.map(\.bytes))
    }
}
