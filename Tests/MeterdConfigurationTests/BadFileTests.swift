import Foundation
import MeterdConfiguration
import Testing

@Suite("bad files")
struct BadFileTests {
    @Test("every fault is one line with its place, what is wrong and what is allowed", arguments: try BadFile.all())
    func refused(file: BadFile) {
        #expect(Sample.errors(file.text) == file.lines)
    }

    @Test("one change to a good file earns just the lines about it", arguments: try BadEdit.all())
    func edited(edit: BadEdit) throws {
        let text = try Sample.fixture("issue.yaml")
        try #require(text.contains(edit.old))
        #expect(Sample.errors(text.replacing(edit.old, with: edit.new, maxReplacements: 1)) == edit.lines)
    }

    @Test("all errors of a file come at once, in its order, a line each")
    func together() throws {
        let text = "log: { level: loud }\nserver: { listen: x }\nnothing: here\n"
        do throws(ConfigurationErrors) {
            _ = try Configuration.parse(text, fileName: "some/file.yaml", environment: [:])
            Issue.record("the file was taken")
        } catch {
            #expect(error.errors.map(\.line) == [1, 2, 3])
            #expect(error.description.split(separator: "\n").allSatisfy { $0.hasPrefix("some/file.yaml:") })
        }
    }

    @Test("columns count characters, and a byte order mark and CR LF change nothing")
    func columns() {
        #expect(
            Sample.errors("log: { \"é\": 1, level: loud }").map { $0.prefix(12) } == ["c.yaml:1:8: ", "c.yaml:1:23:"]
        )
        #expect(Sample.errors("\u{FEFF}log:\r\n  level: loud\r\n").map { $0.prefix(12) } == ["c.yaml:2:10:"])
    }

    @Test("more repeated keys than are told apart still end in an error")
    func manyRepeatedKeys() {
        let errors = Sample.errors(String(repeating: "log: {}\n", count: 150))
        #expect(errors.count == 1)
        #expect(errors.first?.contains("the key 'log' is repeated") == true)
    }

    @Test("deep nesting is refused", arguments: ["[", "{a: ", "- "])
    func deep(opening: String) {
        let errors = Sample.errors("server: \n  " + String(repeating: opening, count: 1500))
        #expect(errors.count == 1)
        let closed = "log: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(Sample.errors(closed).first?.contains("levels deep") == true)
    }

    @Test("aliases of aliases that would name billions of values are refused")
    func aliases() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let uses = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(uses)]\n"
        }
        #expect(Sample.errors(text).contains { $0.contains("more than 100000 values") })
    }

    @Test("a file that is not there, too large or not UTF-8 is one error")
    func unreadable() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func error(_ name: String, _ bytes: [UInt8]?) throws -> String {
            let path = folder.appending(path: name).path
            if let bytes { try Data(bytes).write(to: URL(filePath: path)) }
            do throws(ConfigurationErrors) {
                _ = try Configuration.load(file: path, environment: [:])
                return ""
            } catch {
                return error.description.replacing(path, with: name)
            }
        }
        #expect(
            try error("missing.yaml", nil)
                == "missing.yaml:1:1: there is no such file; name a YAML file that meterd may read"
        )
        #expect(
            try error("large.yaml", Array(repeating: UInt8(ascii: "#"), count: Configuration.fileSizeLimit + 1))
                == "large.yaml:1:1: the file has 1048577 bytes; a configuration has at most 1048576"
        )
        #expect(
            try error("latin.yaml", Array("log:\n  a: é".utf8).dropLast() + [0x28])
                == "latin.yaml:2:6: these bytes are not UTF-8; save the file as UTF-8"
        )
    }
}
