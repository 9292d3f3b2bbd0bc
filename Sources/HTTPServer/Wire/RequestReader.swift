import Glibc
import NIOCore

/// Finds the requests in the bytes of a connection. A state machine with no socket: bytes in, heads and bodies out.
struct RequestReader {
    /// What was found next.
    enum Event {
        /// Nothing whole is there yet.
        case needsMore
        /// `head` describes a new request.
        case head
        /// A piece of its body.
        case body(ByteBuffer)
        /// The request is complete; the next byte belongs to another one.
        case end
    }

    private enum Position {
        /// `scanned` bytes have no line feed that was not looked at; the current line began at `line`.
        case head(scanned: Int, line: Int)
        case length(remaining: Int)
        case chunked(ChunkReader)
    }

    /// The request being read, from `.head` to `.end`.
    private(set) var head = RequestHead()
    private let limits: HTTPLimits
    private let parser: RequestHeadParser
    private var position = Position.head(scanned: 0, line: 0)
    private var emptyLines = 0
    /// Empty lines taken before a request line (RFC 9112 section 2.2).
    private static let emptyLineLimit = 4

    init(limits: HTTPLimits) {
        self.limits = limits
        self.parser = RequestHeadParser(limits: limits)
    }

    /// Takes the next thing off the front of `buffer`. After a fault the reader is of no more use.
    mutating func next(_ buffer: inout ByteBuffer) throws(FramingFault) -> Event {
        switch position {
        case .head(let scanned, let line):
            return try findHead(&buffer, scanned: scanned, line: line)
        case .length(let remaining):
            return takeBody(&buffer, remaining)
        case .chunked(var chunks):
            let event = try chunks.next(&buffer)
            position = .chunked(chunks)
            switch event {
            case .needsMore: return .needsMore
            case .body(let piece): return .body(piece)
            case .end: return end()
            }
        }
    }

    /// Looks at the lines as they come, so that a line without CR, or one without an end, is refused at once.
    private mutating func findHead(
        _ buffer: inout ByteBuffer,
        scanned: Int,
        line: Int
    ) throws(FramingFault) -> Event {
        var scanned = scanned
        var line = line
        while let feed = Self.lineFeed(in: buffer, from: scanned) {
            guard feed > line, buffer.getInteger(at: buffer.readerIndex + feed - 1, as: UInt8.self) == 0x0D else {
                throw .field("a line does not end in CR LF")
            }
            let length = feed - 1 - line
            scanned = feed + 1
            if length == 0, line == 0 {
                emptyLines += 1
                guard emptyLines <= Self.emptyLineLimit else { throw .requestLine("there is no request line") }
                buffer.moveReaderIndex(forwardBy: 2)
                scanned = 0
            } else if length == 0 {
                return try begin(&buffer, headLength: scanned)
            } else if line == 0, length > limits.requestLine {
                throw .targetTooLong(limit: limits.requestLine)
            } else {
                line = scanned
            }
            guard scanned <= limits.head else { throw .headTooLarge(limit: limits.head) }
        }
        if line == 0, buffer.readableBytes > limits.requestLine { throw .targetTooLong(limit: limits.requestLine) }
        if buffer.readableBytes > limits.head { throw .headTooLarge(limit: limits.head) }
        position = .head(scanned: buffer.readableBytes, line: line)
        return .needsMore
    }

    private static func lineFeed(in buffer: ByteBuffer, from start: Int) -> Int? {
        buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress, start < bytes.count,
                let found = memchr(base + start, 0x0A, bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private mutating func begin(_ buffer: inout ByteBuffer, headLength: Int) throws(FramingFault) -> Event {
        guard headLength <= limits.head else { throw .headTooLarge(limit: limits.head) }
        guard let bytes = buffer.readSlice(length: headLength) else {
            preconditionFailure("the head was just found in these bytes")
        }
        head.bytes = bytes
        try parser.parse(&head)
        switch head.framing {
        case .none: position = .length(remaining: 0)
        case .length(let length): position = .length(remaining: length)
        case .chunked: position = .chunked(ChunkReader(extraLimit: limits.chunkExtensions))
        }
        return .head
    }

    private mutating func takeBody(_ buffer: inout ByteBuffer, _ remaining: Int) -> Event {
        guard remaining > 0 else { return end() }
        let count = min(remaining, buffer.readableBytes)
        guard count > 0, let piece = buffer.readSlice(length: count) else { return .needsMore }
        position = .length(remaining: remaining - count)
        return .body(piece)
    }

    private mutating func end() -> Event {
        position = .head(scanned: 0, line: 0)
        emptyLines = 0
        return .end
    }
}
