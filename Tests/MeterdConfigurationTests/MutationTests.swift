import MeterdConfiguration
import Testing

/// SplitMix64: the same seed gives the same file again.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite("mutated files")
struct MutationTests {
    private static let pieces: [[Unicode.Scalar]] = [
        "{", "}", "[", "]", ":", ": ", "- ", "\n", "\n  ", "\r\n", "\t", "\"", "'", "#", "&a ", "*a", "!x ", "${A}",
        "${", "|", ">",
        "?", "~", "é", "\u{2028}", "\u{0}", "\u{FEFF}", "<<: ", "0", "-1", "1e400", "$..", "../", "\\x", ",", "%", "@",
        "---\n",
        "\u{1F600}", "\u{F0000}",
    ].map { Array($0.unicodeScalars) }

    private static func mutated(_ text: [Unicode.Scalar], _ generator: inout SeededGenerator) -> [Unicode.Scalar] {
        var text = text
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...text.count, using: &generator)
            let end = min(text.count, place + Int.random(in: 0...40, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: text.removeSubrange(place..<end)
            case 1: text.insert(contentsOf: text[place..<end], at: Int.random(in: 0...text.count, using: &generator))
            case 2: text.removeSubrange(end...)
            case 3:
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                let line = lines[Int.random(in: lines.indices, using: &generator)]
                text.insert(contentsOf: ["\n"] + line + ["\n"], at: place)
            case 4 where place < text.count:
                text[place] = text[Int.random(in: 0..<text.count, using: &generator)]
            default:
                let piece = pieces[Int.random(in: pieces.indices, using: &generator)]
                text.insert(contentsOf: piece, at: place)
            }
        }
        return text
    }

    /// The length of each line as the file's own positions count it.
    private static func lineLengths(_ text: [Unicode.Scalar]) -> [Int] {
        var lengths = [0]
        var previous: Unicode.Scalar?
        for scalar in text.first == "\u{FEFF}" ? text.dropFirst() : text[...] {
            if scalar == "\n", previous == "\r" {
                // Belongs to the line end before.
            } else if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar) {
                lengths.append(0)
            } else {
                lengths[lengths.count - 1] += 1
            }
            previous = scalar
        }
        return lengths
    }

    @Test("never crash, and every error is one line at a place inside the file", arguments: [1, 2, 3, 4] as [UInt64])
    func mutations(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let files = try ["config/meterd.yaml", "config/demo.yaml"].map(Sample.file) + [Sample.fixture("kafka.yaml")]
        let originals = files.map { Array($0.unicodeScalars) }
        var refused = 0
        for round in 0..<100 {
            let text = Self.mutated(originals[round % originals.count], &generator)
            let lengths = Self.lineLengths(text)
            do throws(ConfigurationErrors) {
                _ = try Configuration.parse(
                    String(String.UnicodeScalarView(text)),
                    fileName: "c.yaml",
                    environment: Sample.environment
                )
            } catch {
                refused += 1
                for fault in error.errors {
                    let place: Comment = "seed \(seed), round \(round): \(fault)"
                    try #require(lengths.indices.contains(fault.line - 1), place)
                    #expect((1...lengths[fault.line - 1] + 1).contains(fault.column), place)
                    #expect(!fault.description.contains { $0.isNewline }, place)
                    #expect(fault.message.contains("; "), place)
                }
                #expect(
                    error.errors.map { [$0.line, $0.column] }
                        == error.errors.map { [$0.line, $0.column] }.sorted { $0.lexicographicallyPrecedes($1) }
                )
            }
        }
        #expect(refused > 50, "seed \(seed)")
    }
}
