/// One record of a CSV file: its fields as bytes, without quotes.
struct CSVRecord {
    /// The line it begins in, from 1.
    var line: Int
    /// The fields, each with a comma behind it.
    private(set) var bytes: [UInt8] = []
    /// Where each field ends in `bytes`: its comma.
    private(set) var ends: [Int] = []
    /// What is wrong with it as CSV; such a record's fields mean nothing.
    var fault: String?
    /// Whether a quote was in it.
    var hasQuotes = false

    init(line: Int) {
        self.line = line
    }

    /// How many fields it has.
    var count: Int { ends.count }

    /// A field's bytes.
    subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1] + 1)..<ends[index]]
    }

    /// A field as text; what is not UTF-8 is replaced.
    func text(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

    /// All fields as texts.
    var texts: [String] { (0..<count).map(text) }

    /// A line with nothing on it.
    var isEmptyLine: Bool { count == 1 && !hasQuotes && ends[0] == 0 }

    /// Whether all fields are UTF-8: the commas between them are bytes that no longer character has.
    var isUTF8: Bool { String(validating: bytes, as: UTF8.self) != nil }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func endField() {
        ends.append(bytes.count)
        bytes.append(UInt8(ascii: ","))
    }

    /// Begins anew at a line, and keeps the room.
    mutating func reset(line: Int) {
        self.line = line
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        fault = nil
        hasQuotes = false
    }
}
