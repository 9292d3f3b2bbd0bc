import Foundation
import Metering
import Testing

/// Random JSON texts with white space and escapes where JSON allows them.
private struct JSONWriter {
    var random: SeededGenerator
    let keys = ["a", "b", "tokens", "prompt_tokens", "prompt_tokens_out", "é", "a b", "q\"", "\\"]

    mutating func space() -> String {
        random.chance(25) ? [" ", "\n", "\t ", "  \r\n"].randomElement(using: &random) ?? "" : ""
    }

    mutating func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x10000 && random.chance(10):
                result +=
                    "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
                    + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &random) {
        case 0: return ["true", "false", "null"].randomElement(using: &random) ?? "null"
        case 1, 2: return ["0", "-12", "3.25", "1e3", "100200300"].randomElement(using: &random) ?? "0"
        case 3, 4:
            return string(
                ["", "x", "}{][", "a\"b", "long enough for eight bytes", "\\\\", "😀"].randomElement(using: &random)
                    ?? ""
            )
        case 5, 6:
            let elements = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                space() + value(depth: depth - 1) + space()
            }
            return "[" + elements.joined(separator: ",") + (elements.isEmpty ? space() : "") + "]"
        default:
            let chosen = keys.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random))
            let members = chosen.map { key in
                space() + string(key) + space() + ":" + space() + value(depth: depth - 1) + space()
            }
            return "{" + members.joined(separator: ",") + (members.isEmpty ? space() : "") + "}"
        }
    }

    mutating func path() -> String {
        (0..<Int.random(in: 0...4, using: &random)).reduce(into: "$") { path, _ in
            if random.chance(30) {
                path += "[\(Int.random(in: 0...3, using: &random))]"
            } else {
                let key = keys.randomElement(using: &random) ?? "a"
                path += "['" + key.replacingOccurrences(of: "\\", with: "\\\\") + "']"
            }
        }
    }
}

@Suite("PathSet: against JSONSerialization and against broken texts")
struct PathSetModelTests {
    /// The value at a path as Foundation sees it, written in one certain way; nil if there is none.
    private func expected(_ path: ValuePath, in root: Any) throws -> String? {
        var value = root
        for segment in path.segments {
            switch segment {
            case .member(let name):
                guard let object = value as? [String: Any], let member = object[name] else { return nil }
                value = member
            case .element(let index):
                guard let array = value as? [Any], index < array.count else { return nil }
                value = array[index]
            }
        }
        return try canonical(value)
    }

    private func canonical(_ value: Any) throws -> String {
        let data = try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
        return String(decoding: data, as: UTF8.self)
    }

    @Test("random paths in random texts are found where Foundation finds them", arguments: [11, 12, 13] as [UInt64])
    func agreesWithFoundation(seed: UInt64) throws {
        var writer = JSONWriter(random: SeededGenerator(seed: seed))
        for _ in 0..<400 {
            let json = writer.space() + writer.value(depth: 4) + writer.space()
            let root = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
            let paths = try (0..<5).map { _ in try ValuePath(writer.path()) }
            let found = try PathSetTests.find(paths.map(\.description), in: json)
            for (path, text) in zip(paths, found) {
                let value = try text.map {
                    try canonical(JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed))
                }
                #expect(try value == expected(path, in: root), "\(path) in \(json), seed \(seed)")
            }
        }
    }

    @Test("texts that are cut off or damaged never lead outside of the text", arguments: [21, 22] as [UInt64])
    func brokenTexts(seed: UInt64) throws {
        var writer = JSONWriter(random: SeededGenerator(seed: seed))
        let set = PathSet(
            try ["$", "$.a", "$.a.b", "$.tokens", "$[0]", "$.a[1].b", "$['q\"']"].map { try ValuePath($0) }
        )
        for _ in 0..<60 {
            let bytes = Array(writer.value(depth: 4).utf8)
            for length in 0...bytes.count {
                var text = Array(bytes[..<length])
                if length > 0, writer.random.chance(50) {
                    text[Int.random(in: 0..<length, using: &writer.random)] = UInt8.random(
                        in: 0...255,
                        using: &writer.random
                    )
                }
                check(set, text)
            }
        }
    }

    /// Copies the text into memory of exactly its size, so that a debug build stops at a read outside of it.
    private func check(_ set: PathSet, _ text: [UInt8]) {
        text.withUnsafeBytes { json in
            withUnsafeTemporaryAllocation(of: JSONSlice.self, capacity: set.count) { results in
                set.evaluate(json, into: results)
                for slice in results {
                    #expect(Int(slice.offset) + Int(slice.length) <= text.count)
                    _ = slice.text(in: json)
                    _ = try? ExactDecimal(measured: slice, in: json)
                    _ = try? UniqueHash(measured: slice, in: json)
                }
            }
        }
    }
}
