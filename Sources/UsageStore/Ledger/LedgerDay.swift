/// The ledger of one origin on one day: which sources have lines, and what was added to them since the last checkpoint.
///
/// A class, so that apply adds to it in place. Which sources have lines already is read from the store when the first one is
/// asked for, so a replay gives the same lines as the first time.
final class LedgerDay {
    let origin: UInt8
    let day: Int32
    /// The sources by the number of their lines; the first is the line without a source.
    private var sources = SeriesTable()
    private var lines: [LedgerCounts] = []
    /// Added to since the last checkpoint.
    private var changed: Set<Int> = []
    private var isLoaded = false
    /// Asked for since the last checkpoint.
    var isUsed = true

    init(origin: UInt8, day: Int32) {
        self.origin = origin
        self.day = day
        add(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// The line of a source, made if there is room for it.
    @inline(__always)
    func line(of source: UnsafeRawBufferPointer, store: UsageStore) throws(UsageStoreError) -> Int {
        if let known = sources.find(source) { return Int(known) }
        try load(from: store)
        if sources.count > LedgerKey.sourcesADay { return Int(sources.find(source) ?? 0) }
        return add(source)
    }

    /// The line that events of a source are in already.
    func existingLine(of source: UnsafeRawBufferPointer, store: UsageStore) throws(UsageStoreError) -> Int {
        try load(from: store)
        return Int(sources.find(source) ?? 0)
    }

    @inline(__always)
    func add(_ counts: LedgerCounts, to line: Int) {
        lines[line].add(counts)
        changed.insert(line)
    }

    /// Everything that was added to since the last checkpoint.
    var changes: [(key: LedgerKey, counts: LedgerCounts)] {
        changed.sorted().map { line in
            let source = sources.withKey(UInt32(line)) { String(decoding: $0, as: UTF8.self) }
            return (LedgerKey(origin: origin, day: day, source: source), lines[line])
        }
    }

    /// The store holds everything now.
    func settle() {
        for line in changed { lines[line] = LedgerCounts() }
        changed.removeAll()
        isUsed = false
    }

    private func load(from store: UsageStore) throws(UsageStoreError) {
        guard !isLoaded else { return }
        for var source in try store.sources(origin: origin, day: day) {
            source.withUTF8 { _ = add(UnsafeRawBufferPointer($0)) }
        }
        isLoaded = true
    }

    @discardableResult
    private func add(_ source: UnsafeRawBufferPointer) -> Int {
        let number = Int(sources.number(of: source))
        if number == lines.count { lines.append(LedgerCounts()) }
        return number
    }
}
