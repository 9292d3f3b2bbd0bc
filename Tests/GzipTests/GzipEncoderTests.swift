import Testing

@testable import Gzip

@Suite("The gzip encoder")
struct GzipEncoderTests {
    /// Where the encoder cuts its input.
    static let chunk = GzipEncoder.chunkLimit

    @Test("zlib reads back what was compressed", arguments: inputs)
    func roundTrip(_ input: Input) {
        #expect(inflated(compressed(input.bytes)) == input.bytes)
    }

    @Test("the system's gzip finds a member sound, and Python reads it back", arguments: inputs.prefix(6))
    func otherReaders(_ input: Input) throws {
        let member = compressed(input.bytes)
        #expect(try run("gzip", ["-t"], input: member).status == 0)
        let script = "import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))"
        let python = try run("python3", ["-c", script], input: member)
        #expect(python.status == 0)
        #expect(python.output == input.bytes)
    }

    @Test("a member that was changed in one bit is refused by zlib, so reading back proves something")
    func damage() {
        var numbers = Numbers(seed: 1)
        var member = compressed(numbers.report(lines: 100))
        member[member.count / 2] ^= 4
        #expect(inflated(member) == nil)
    }

    @Test("how the input is cut into pieces changes no byte", arguments: [11, 12, 13] as [UInt64])
    func cuts(seed: UInt64) {
        var numbers = Numbers(seed: seed)
        let bytes = numbers.report(lines: 9000) + numbers.bytes(40_000) + numbers.report(lines: 3000)
        let whole = compressed(bytes, cut: bytes.count)
        var encoder = GzipEncoder()
        var member: [UInt8] = []
        var start = 0
        while start < bytes.count {
            // Some pieces are empty, some longer than a chunk.
            let limit = [2, 100, 70_000, 900_000].randomElement(using: &numbers) ?? 1
            let end = min(bytes.count, start + Int.random(in: 0..<limit, using: &numbers))
            member += encoder.append(Array(bytes[start..<end]))
            start = end
        }
        member += encoder.finish()
        #expect(member == whole, "seed \(seed)")
    }

    @Test("a piece that ends at a chunk's edge changes no byte")
    func chunkEdges() {
        var numbers = Numbers(seed: 3)
        let bytes = Array(numbers.report(lines: 14_000).prefix(2 * Self.chunk))
        #expect(bytes.count == 2 * Self.chunk)
        let whole = compressed(bytes, cut: bytes.count)
        #expect(compressed(bytes, cut: Self.chunk) == whole)
        #expect(compressed(bytes, cut: Self.chunk - 1) == whole)
        #expect(inflated(whole) == bytes)
    }

    @Test("the header has no time, no name and no system, and the end has the length")
    func frame() {
        let member = compressed(Array("one,two\n".utf8))
        #expect(member.prefix(10) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
        #expect(member.suffix(4) == [8, 0, 0, 0])
    }

    @Test("an empty input is a member of twenty bytes")
    func empty() {
        #expect(compressed([]) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0] + [UInt8](repeating: 0, count: 8))
    }

    @Test("bytes that nothing makes shorter become longer by less than a thousandth")
    func incompressible() {
        var numbers = Numbers(seed: 5)
        let bytes = numbers.bytes(1_500_000)
        #expect(compressed(bytes).count < bytes.count + bytes.count / 1000)
    }

    @Test("a run of one byte shrinks to a thousandth")
    func longRun() {
        #expect(compressed([UInt8](repeating: 7, count: 3_000_000)).count < 3500)
    }

    @Test("a repeat is found up to 32 KiB back and no further", arguments: [32_766, 32_767, 32_768, 32_769, 32_770])
    func windowEdge(distance: Int) {
        var numbers = Numbers(seed: 6)
        let repeated = numbers.digits(200)
        let between = numbers.digits(distance - repeated.count)
        let with = compressed(repeated + between + repeated)
        let without = compressed(repeated + between)
        // 200 digits take 100 bytes.
        let added = with.count - without.count
        #expect(distance <= 32_768 ? added < 20 : added > 80)
        #expect(inflated(with) == repeated + between + repeated)
    }

    @Test("a repeat is found behind a chunk's edge too")
    func repeatBehindChunk() {
        var numbers = Numbers(seed: 7)
        let repeated = numbers.digits(20_000)
        let before = numbers.digits(Self.chunk - repeated.count)
        let bytes = before + repeated + repeated
        let member = compressed(bytes)
        #expect(member.count - compressed(before + repeated).count < 300)
        #expect(inflated(member) == bytes)
    }

    @Test("a report becomes about as small as with zlib at its usual level")
    func ratio() {
        var numbers = Numbers(seed: 8)
        let bytes = numbers.report(lines: 10_000)
        let ours = compressed(bytes).count
        let theirs = zlibCompressed(bytes, level: 6)
        #expect(ours * 100 < theirs * 105, "\(ours) bytes, zlib \(theirs)")
    }

    /// Compressed reports are compared by their digests with what was delivered before: a change here delivers every
    /// report again. Change the digests only together with the writer's revision of the delivery record.
    @Test("the compressed bytes are the same in every build and on every machine", arguments: digests)
    func digest(_ name: String, _ expected: String) throws {
        let input = try #require(inputs.first { $0.name == name })
        let output = try run("sha256sum", [], input: compressed(input.bytes)).output
        #expect(String(decoding: output.prefix(64), as: UTF8.self) == expected)
    }
}

struct Input: CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var testDescription: String { name }
}

let inputs: [Input] = {
    var numbers = Numbers(seed: 20)
    let chunk = GzipEncoder.chunkLimit
    // Codes of literals would be 20 bits long if they were not limited.
    var skewed = [UInt8]()
    var (one, two) = (1, 1)
    for byte in UInt8(0)..<20 {
        skewed += [UInt8](repeating: byte, count: one)
        (one, two) = (two, one + two)
    }
    skewed.shuffle(using: &numbers)
    let report = numbers.report(lines: 9000)
    return [
        Input(name: "nothing", bytes: []),
        Input(name: "one byte", bytes: [0]),
        Input(name: "report", bytes: report),
        Input(
            name: "report, noise and zeros",
            bytes: numbers.report(lines: 200) + numbers.bytes(200_000)
                + [UInt8](repeating: 0, count: 700_000) + numbers.report(lines: 5000)
        ),
        Input(name: "skewed", bytes: skewed),
        Input(name: "noise", bytes: numbers.bytes(chunk + 70_000)),
        Input(name: "two bytes", bytes: [255, 255]),
        Input(name: "three bytes", bytes: [1, 1, 1]),
        Input(name: "every byte once", bytes: Array(0...255)),
        Input(name: "258 equal", bytes: [UInt8](repeating: 9, count: 258)),
        Input(name: "259 equal", bytes: [UInt8](repeating: 9, count: 259)),
        Input(name: "260 equal", bytes: [UInt8](repeating: 9, count: 260)),
        Input(name: "a short cycle", bytes: (0..<100_000).map { UInt8($0 % 3) }),
        Input(name: "digits", bytes: numbers.digits(200_000)),
        Input(name: "one byte less than a chunk", bytes: report.prefix(chunk - 1) + []),
        Input(name: "a chunk", bytes: report.prefix(chunk) + []),
        Input(name: "one byte more than a chunk", bytes: report.prefix(chunk + 1) + []),
        Input(name: "equal bytes over a chunk's edge", bytes: [UInt8](repeating: 0, count: 2 * chunk + 3)),
    ]
}()

let digests: [(String, String)] = [
    ("nothing", "ac73670af3abed54ac6fb4695131f4099be9fbe39d6076c5d0264a6bbdae9d83"),
    ("report", "0c31ff0fa41f7297ee9d88d498cd58c2ef658b51e2213d62e9dc6ecbdb04da1d"),
    ("report, noise and zeros", "985a83321d00a111c2fcb639fb8f01cb60c43a1a9df32b0be6ed61ec93b55ca4"),
    ("skewed", "6ca26b21177c64ee76408459a24de9041b91b4963a289f6d6f3b13c47a6484bf"),
]
