import Testing

@testable import Gzip

@Suite("A Huffman code")
struct HuffmanCodeTests {
    @Test("has no code longer than the limit, and leaves none unused", arguments: 0..<40)
    func limit(seed: UInt64) {
        var numbers = Numbers(seed: seed)
        // Frequencies from one to a million, so that some codes would be too long.
        let frequencies = (0..<Int.random(in: 2...286, using: &numbers)).map { _ in
            1 << Int.random(in: 0...20, using: &numbers) - 1
        }
        guard frequencies.count(where: { $0 > 0 }) >= 2 else { return }
        let code = HuffmanCode(frequencies: frequencies, limit: 9)
        #expect(code.lengths.allSatisfy { $0 <= 9 })
        // Kraft's equality.
        #expect(code.lengths.reduce(0) { $0 + ($1 > 0 ? 512 >> Int($1) : 0) } == 512, "seed \(seed)")
        for (frequency, length) in zip(frequencies, code.lengths) {
            #expect((frequency > 0) == (length > 0))
        }
    }

    @Test("is as short as Huffman's where the limit does not matter", arguments: 0..<20)
    func shortest(seed: UInt64) {
        var numbers = Numbers(seed: seed)
        let frequencies = (0..<Int.random(in: 2...40, using: &numbers)).map { _ in
            Int.random(in: 1...50, using: &numbers)
        }
        let code = HuffmanCode(frequencies: frequencies, limit: 15)
        let bits = zip(frequencies, code.lengths).reduce(0) { $0 + $1.0 * Int($1.1) }
        // The sum of all inner weights of Huffman's tree.
        var weights = frequencies
        var least = 0
        while weights.count > 1 {
            weights.sort(by: >)
            let sum = weights.removeLast() + weights.removeLast()
            least += sum
            weights.append(sum)
        }
        #expect(bits == least, "seed \(seed)")
    }

    @Test("of frequencies that grow like Fibonacci's is cut to the limit of deflate")
    func fibonacci() {
        var frequencies = [1, 1]
        while frequencies.count < 30 { frequencies.append(frequencies.suffix(2).reduce(0, +)) }
        let lengths = HuffmanCode(frequencies: frequencies, limit: 15).lengths
        #expect(lengths.max() == 15)
        #expect(lengths.reduce(0) { $0 + 1 << (15 - Int($1)) } == 1 << 15)
    }

    @Test("has two codes of one bit where one symbol is used or none", arguments: [[0, 0, 0], [0, 0, 7], [9, 0, 0]])
    func few(frequencies: [Int]) {
        let lengths = HuffmanCode(frequencies: frequencies, limit: 7).lengths
        #expect(lengths.count { $0 == 1 } == 2)
        #expect(lengths.count { $0 == 0 } == 1)
    }

    @Test("gives the codes of the specification's example")
    func canonical() {
        // RFC 1951, section 3.2.2: A to H with 3, 3, 3, 3, 3, 2, 4, 4 bits; 010, 011, 100, 101, 110, 00, 1110, 1111.
        let code = HuffmanCode(lengths: [3, 3, 3, 3, 3, 2, 4, 4])
        #expect(code.codes == [0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111])
    }

    @Test("names every length and distance as the specification's table does")
    func symbols() {
        // RFC 1951, section 3.2.5: the first length and the first distance of each symbol.
        let lengths = [
            3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
            227, 258,
        ]
        let distances = [
            1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
            4097, 6145, 8193, 12289, 16385, 24577,
        ]
        for length in Match.lengths {
            let (symbol, extra, extraBits) = DeflateSymbol(Match(length: length, distance: 1)).length
            #expect(lengths[symbol - 257] + Int(extra) == length)
            #expect(extra < 1 << UInt32(extraBits))
        }
        for distance in 1...32_768 {
            let (symbol, extra, extraBits) = DeflateSymbol(Match(length: 3, distance: distance)).distance
            guard distances[symbol] + Int(extra) == distance, extra < 1 << UInt32(extraBits) else {
                Issue.record("distance \(distance) is symbol \(symbol) with \(extra)")
                return
            }
        }
    }
}
