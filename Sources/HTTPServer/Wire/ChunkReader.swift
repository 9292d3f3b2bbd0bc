import Glibc
import NIOCore

/// Reads a chunked body (RFC 9112 section 7.1), strictly. A state machine: bytes in, pieces of the body out.
struct ChunkReader {
    /// What the next bytes are.
    private enum Position {
        case size
        case data(remaining: Int)
        case dataEnd
        case trailer
    }

    /// What became of the bytes.
    enum Event {
        case needsMore
        case body(ByteBuffer)
        case end
    }

    private let limit: Int
    private var position = Position.size
    /// Bytes of extensions and trailers so far.
    private var extra = 0
    /// The longest chunk size, in hexadecimal digits.
    private static let sizeDigits = 15

    init(extraLimit: Int) {
        self.limit = extraLimit
    }

    /// Takes bytes off the front of `buffer`.
    mutating func next(_ buffer: inout ByteBuffer) throws(FramingFault) -> Event {
        while true {
            switch position {
            case .size:
                guard let line = try line(&buffer) else { return .needsMore }
                let size = try size(of: line)
                position = size == 0 ? .trailer : .data(remaining: size)
            case .data(let remaining):
                let count = min(remaining, buffer.readableBytes)
                guard count > 0, let piece = buffer.readSlice(length: count) else { return .needsMore }
                position = count == remaining ? .dataEnd : .data(remaining: remaining - count)
                return .body(piece)
            case .dataEnd:
                guard let ending = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) else { return .needsMore }
                guard ending == 0x0D0A else { throw .chunk("a chunk is longer than its size says") }
                buffer.moveReaderIndex(forwardBy: 2)
                position = .size
            case .trailer:
                guard let line = try line(&buffer) else { return .needsMore }
                if line.readableBytes == 0 { return .end }
                try addExtra(line.readableBytes)
                // Checked and dropped: a trailer is never merged into the header fields (RFC 9110 section 6.5.1).
                try Self.checkTrailer(line)
            }
        }
    }

    /// One line without its CR LF; nil when it is not there in full.
    private func line(_ buffer: inout ByteBuffer) throws(FramingFault) -> ByteBuffer? {
        let longest = Self.sizeDigits + limit - extra + 2
        let length = buffer.withUnsafeReadableBytes { bytes -> Int? in
            guard let start = bytes.baseAddress, let found = memchr(start, 0x0A, min(bytes.count, longest)) else {
                return nil
            }
            return UnsafeRawPointer(found) - start
        }
        guard let length else {
            guard buffer.readableBytes < longest else { throw Self.tooLong(limit) }
            return nil
        }
        guard length > 0, buffer.getInteger(at: buffer.readerIndex + length - 1, as: UInt8.self) == 0x0D,
            let line = buffer.readSlice(length: length - 1)
        else { throw .chunk("a line of the chunked body does not end in CR LF") }
        buffer.moveReaderIndex(forwardBy: 2)
        return line
    }

    /// `1*HEXDIG`, then perhaps an extension, which is not understood and so ignored.
    private mutating func size(of line: ByteBuffer) throws(FramingFault) -> Int {
        var size = 0
        var digits = 0
        var inExtension = false
        var sawBlank = false
        for byte in line.readableBytesView {
            if inExtension {
                guard byte.isFieldContent else { throw .chunk("a chunk extension has a control character in it") }
            } else if byte == UInt8(ascii: ";"), digits > 0 {
                inExtension = true
            } else if byte.isBlank, digits > 0 {
                sawBlank = true
            } else if let digit = byte.hexadecimal, !sawBlank {
                digits += 1
                guard digits <= Self.sizeDigits else { throw .chunk("a chunk size is too large") }
                size = size << 4 | Int(digit)
            } else {
                throw .chunk("a chunk size is not a hexadecimal number")
            }
        }
        guard digits > 0, inExtension || !sawBlank else { throw .chunk("a chunk size is not a hexadecimal number") }
        try addExtra(line.readableBytes - digits)
        return size
    }

    private mutating func addExtra(_ count: Int) throws(FramingFault) {
        extra += count
        guard extra <= limit else { throw Self.tooLong(limit) }
    }

    private static func tooLong(_ limit: Int) -> FramingFault {
        .chunk("chunk extensions and trailers are longer than \(limit) bytes together")
    }

    private static func checkTrailer(_ line: ByteBuffer) throws(FramingFault) {
        let result = line.withUnsafeReadableBytes { bytes in
            Result<RequestHead.Field, FramingFault> { () throws(FramingFault) in
                try RequestHeadParser.field(bytes, 0..<bytes.count)
            }
        }
        _ = try result.get()
    }
}
