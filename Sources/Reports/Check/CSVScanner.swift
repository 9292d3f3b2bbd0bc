/// Reads CSV as RFC 4180 has it, from pieces of any size, and says where it is not so. A line may end in LF or CRLF,
/// the last one in nothing.
struct CSVScanner {
    private var state = State.fieldStart
    private var line = 1
    private var record = CSVRecord(line: 1)
    /// Nothing of the record has been read.
    private var isFresh = true
    private var quoteLine = 0
    private var offset = 0

    /// Bytes that a record may have.
    static let recordLimit = 4 << 20
    /// Fields that a record may have.
    static let fieldLimit = 1_000

    private enum State {
        case fieldStart
        case plain
        case quoted
        /// Behind a quote in a quoted field: the field's end, or the first of two.
        case quoteInQuoted
        /// Behind a carriage return outside quotes.
        case carriageReturn
    }

    private static let (quote, comma) = (UInt8(ascii: "\""), UInt8(ascii: ","))
    private static let (lineFeed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Reads a piece and hands on the records that end in it.
    mutating func read(_ piece: UnsafeRawBufferPointer, _ take: (borrowing CSVRecord) -> Void) {
        for byte in piece { step(byte, take) }
    }

    /// The file ends here.
    mutating func finish(_ take: (borrowing CSVRecord) -> Void) {
        if state == .quoted { refuse("the quote that is opened in line \(quoteLine) is never closed") }
        guard !isFresh else { return }
        if state == .carriageReturn { record.append(Self.carriageReturn) }
        endRecord(take)
    }

    private mutating func step(_ byte: UInt8, _ take: (borrowing CSVRecord) -> Void) {
        if offset < 3 {
            if byte == Self.byteOrderMark[offset] {
                offset += 1
                if offset == 3 { refuse("begins with a byte order mark, which becomes part of the first header") }
            } else {
                offset = 3
            }
        }
        isFresh = false
        if state == .carriageReturn {
            if byte == Self.lineFeed { return endRecord(take) }
            refuse("has a carriage return outside quotes that no line feed follows")
            state = .plain
        }
        switch (state, byte) {
        case (.quoted, Self.quote):
            state = .quoteInQuoted
        case (.quoted, _):
            if byte == Self.lineFeed { line += 1 }
            append(byte)
        case (.quoteInQuoted, Self.quote):
            append(byte)
            state = .quoted
        case (_, Self.comma):
            endField()
        case (_, Self.lineFeed):
            endRecord(take)
        case (_, Self.carriageReturn):
            state = .carriageReturn
        case (.fieldStart, Self.quote):
            record.hasQuotes = true
            quoteLine = line
            state = .quoted
        case (.quoteInQuoted, _):
            refuse("has something between a closing quote and the next comma")
            append(byte)
            state = .plain
        case (_, Self.quote):
            refuse("has a quote inside a field that does not begin with one")
            append(byte)
        default:
            append(byte)
            state = .plain
        }
    }

    private mutating func append(_ byte: UInt8) {
        guard record.bytes.count < Self.recordLimit else {
            return refuse("is longer than \(Self.recordLimit) bytes, the most that check reads of a line")
        }
        record.append(byte)
    }

    private mutating func endField() {
        if record.count < Self.fieldLimit {
            record.endField()
        } else {
            refuse("has more than \(Self.fieldLimit) fields, the most that check reads of a line")
        }
        state = .fieldStart
    }

    private mutating func endRecord(_ take: (borrowing CSVRecord) -> Void) {
        endField()
        if !record.isUTF8 { refuse("is not UTF-8") }
        take(record)
        line += 1
        record.reset(line: line)
        isFresh = true
    }

    /// The first fault of a record counts.
    private mutating func refuse(_ reason: String) {
        if record.fault == nil { record.fault = reason }
    }
}
