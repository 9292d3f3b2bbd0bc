/// Gets a tree out of a text whose mappings repeat keys.
///
/// Yams refuses such a text at its first repetition, and names the place where the key stood first. Renaming that key to
/// as many private characters keeps every position, and parsing again finds the next repetition, until each mapping's
/// keys differ. The tree then still holds every entry, and `renamed` tells what the keys were.
struct RepeatedKeys {
    /// Names by what they were renamed to.
    private(set) var renamed: [String: String] = [:]
    private let source: SourceText
    private var scalars: [Unicode.Scalar]
    private let isUsable: Bool

    /// The most repetitions told apart in one file; after them only the next one is told.
    static let limit = 100
    /// The start of a private use area.
    private static let firstPrivate: UInt32 = 0xF0000

    init(source: SourceText) {
        self.source = source
        scalars = Array(source.text.unicodeScalars)
        let reserved = Self.firstPrivate..<Self.firstPrivate + UInt32(Self.limit)
        isUsable = !scalars.contains { reserved.contains($0.value) }
    }

    /// The text with the keys renamed so far.
    var text: String { renamed.isEmpty ? source.text : String(String.UnicodeScalarView(scalars)) }

    /// Renames the key at the position, if it is written there letter for letter.
    mutating func rename(_ name: String, at position: Position) -> Bool {
        let count = name.unicodeScalars.count
        guard isUsable, count > 0, renamed.count < Self.limit,
            let start = source.literalStart(of: name, at: position),
            let stand = Unicode.Scalar(Self.firstPrivate + UInt32(renamed.count))
        else { return false }
        let key = [Unicode.Scalar](repeating: stand, count: count)
        let first = source.offset(of: start)
        scalars.replaceSubrange(first..<first + count, with: key)
        renamed[String(String.UnicodeScalarView(key))] = name
        return true
    }
}
