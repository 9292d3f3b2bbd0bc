/// The symbols of one block of deflate and how often each occurs; writes them in the shortest of the three ways
/// (RFC 1951, section 3.2.3).
struct DeflateBlock: ~Copyable {
    /// Symbols of one block; behind as many another code may fit better.
    static let symbolLimit = 24 << 10

    /// Ends every block, in the alphabet of literals and lengths.
    private static let endOfBlock = 256
    /// Bits of the longest code of literals, lengths and distances.
    private static let codeLimit = 15
    private static let fixedLiterals = HuffmanCode(
        lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
    )
    private static let fixedDistances = HuffmanCode(lengths: [UInt8](repeating: 5, count: 30))

    private var symbols = FixedBuffer(repeating: DeflateSymbol(literal: 0), count: symbolLimit)
    private var count = 0
    private var literalCounts = FixedBuffer(repeating: 0, count: 286)
    private var distanceCounts = FixedBuffer(repeating: 0, count: 30)
    /// Bits behind the codes of lengths and distances, in all.
    private var extraBits = 0
    /// The bytes of the window that the symbols stand for.
    private var source = 0..<0

    var isFull: Bool { count == Self.symbolLimit }

    /// Makes the next symbol stand for the bytes from a position on.
    mutating func begin(at position: Int) {
        source = position..<position
    }

    mutating func add(_ symbol: DeflateSymbol, bytes: Int) {
        precondition(!isFull)
        symbols[count] = symbol
        count += 1
        source = source.lowerBound..<source.upperBound + bytes
        if symbol.isMatch {
            let (length, distance) = (symbol.length, symbol.distance)
            literalCounts[length.symbol] += 1
            distanceCounts[distance.symbol] += 1
            extraBits += length.extraBits + distance.extraBits
        } else {
            literalCounts[symbol.literal] += 1
        }
    }

    /// Writes the block and begins the next one behind it.
    mutating func write(to output: inout BitWriter, of window: borrowing SlidingWindow, isLast: Bool) {
        literalCounts[Self.endOfBlock] = 1
        let literalCounts = literalCounts.elements
        let distanceCounts = distanceCounts.elements
        let header = DynamicHeader(
            literals: HuffmanCode(frequencies: literalCounts, limit: Self.codeLimit),
            distances: HuffmanCode(frequencies: distanceCounts, limit: Self.codeLimit)
        )
        func bits(_ literals: HuffmanCode, _ distances: HuffmanCode) -> Int {
            literals.bits(of: literalCounts) + distances.bits(of: distanceCounts) + extraBits
        }
        let dynamic = header.bits + bits(header.literals, header.distances)
        let fixed = bits(Self.fixedLiterals, Self.fixedDistances)
        if StoredBlock.bits(of: source.count) < min(dynamic, fixed) {
            StoredBlock.write(window.slice(source), to: &output, isLast: isLast)
        } else {
            output.append(isLast ? 1 : 0, count: 1)
            if fixed <= dynamic {
                output.append(1, count: 2)
                writeSymbols(to: &output, Self.fixedLiterals, Self.fixedDistances)
            } else {
                output.append(2, count: 2)
                header.write(to: &output)
                writeSymbols(to: &output, header.literals, header.distances)
            }
        }
        begin(at: source.upperBound)
        count = 0
        extraBits = 0
        self.literalCounts.clear()
        self.distanceCounts.clear()
    }

    private func writeSymbols(to output: inout BitWriter, _ literals: HuffmanCode, _ distances: HuffmanCode) {
        for index in 0..<count {
            let symbol = symbols[index]
            if symbol.isMatch {
                let (length, distance) = (symbol.length, symbol.distance)
                literals.write(length.symbol, to: &output)
                output.append(length.extra, count: length.extraBits)
                distances.write(distance.symbol, to: &output)
                output.append(distance.extra, count: distance.extraBits)
            } else {
                literals.write(symbol.literal, to: &output)
            }
        }
        literals.write(Self.endOfBlock, to: &output)
    }
}

/// Bytes as they are, in parts of 65,535 at most (RFC 1951, section 3.2.4).
private enum StoredBlock {
    static let partLimit = 65_535

    /// Bits at most, with the filling up to a whole byte.
    static func bits(of byteCount: Int) -> Int {
        byteCount * 8 + max(1, (byteCount + partLimit - 1) / partLimit) * (3 + 7 + 32)
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to output: inout BitWriter, isLast: Bool) {
        var rest = bytes[...]
        repeat {
            let part = rest.prefix(partLimit)
            rest = rest.dropFirst(part.count)
            output.append(isLast && rest.isEmpty ? 1 : 0, count: 3)
            output.padToByte()
            let length = UInt32(part.count)
            output.append(littleEndian: length | ~length << 16)
            output.append(bytes: part)
        } while !rest.isEmpty
    }
}

extension HuffmanCode {
    fileprivate func bits(of counts: [Int]) -> Int {
        zip(counts, lengths).reduce(0) { $0 + $1.0 * Int($1.1) }
    }
}

extension FixedBuffer<Int> {
    fileprivate var elements: [Int] { Array(UnsafeBufferPointer(start: base, count: count)) }
    fileprivate mutating func clear() { base.update(repeating: 0, count: count) }
}
