// The names in a log's directory. Numbers are 20 decimal digits, so that names sort as numbers do.
//
//     log.meta                                          the store's identity
//     00000000000000000000.log                          a segment; the number is its first sequence number
//     00000000000000001200.log.tmp                      a segment being made; removed at the next open
//     next.1.tmp                                        a segment prepared ahead; removed at the next open
//     00000000000000001200-00000000000000001300.gap     events 1200 to 1299 were given up by a repair
//     00000000000000000000-00000000000000524288.torn    what a torn write left at that offset of that segment
//     removed-1733000000000000/                         what a repair took away, and when (µs)

/// A name in a log's directory, taken apart.
enum LogName: Hashable {
    case meta
    case segment(UInt64)
    case gap(from: UInt64, to: UInt64)
    case torn(segment: UInt64, offset: UInt64)
    case temporary
    case other

    static let metaFile = "log.meta"

    init(_ name: String) {
        if name == Self.metaFile {
            self = .meta
        } else if name.hasSuffix(".tmp") {
            self = .temporary
        } else if name.hasSuffix(".log"), let first = Self.number(name.dropLast(4)) {
            self = .segment(first)
        } else if name.hasSuffix(".gap"), let (from, to) = Self.pair(name.dropLast(4)), from < to {
            self = .gap(from: from, to: to)
        } else if name.hasSuffix(".torn"), let (segment, offset) = Self.pair(name.dropLast(5).prefix(41)) {
            self = .torn(segment: segment, offset: offset)
        } else {
            self = .other
        }
    }

    static func segmentFile(_ first: UInt64) -> String { digits(first) + ".log" }
    static func gapFile(from: UInt64, to: UInt64) -> String { digits(from) + "-" + digits(to) + ".gap" }

    /// `copy` tells apart several torn writes at one place.
    static func tornFile(segment: UInt64, offset: Int64, copy: Int) -> String {
        digits(segment) + "-" + digits(UInt64(offset)) + (copy == 0 ? "" : ".\(copy)") + ".torn"
    }

    private static func digits(_ value: UInt64) -> String {
        let text = String(value)
        return String(repeating: "0", count: 20 - text.utf8.count) + text
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard text.utf8.count == 20, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return UInt64(text)
    }

    private static func pair(_ text: Substring) -> (UInt64, UInt64)? {
        guard text.utf8.count == 41, let first = number(text.prefix(20)), let second = number(text.suffix(20)),
            text.dropFirst(20).first == "-"
        else { return nil }
        return (first, second)
    }
}

/// A log's directory, as a listing found it.
struct LogListing: Sendable {
    var hasMeta = false
    /// First sequence numbers, ascending.
    var segments: [UInt64] = []
    /// From the first event given up to the first one after.
    var gaps: [UInt64: UInt64] = [:]
    var torn: [(name: String, segment: UInt64)] = []
    var temporary: [String] = []

    init(_ names: [String]) {
        for name in names.sorted() {
            switch LogName(name) {
            case .meta: hasMeta = true
            case .segment(let first): segments.append(first)
            case .gap(let from, let to): gaps[from] = max(to, gaps[from] ?? to)
            case .torn(let segment, _): torn.append((name, segment))
            case .temporary: temporary.append(name)
            case .other: continue
            }
        }
    }

    init(of directory: String, on disk: any LogDisk) throws(SystemError) {
        self.init(try disk.list(directory))
    }

    /// The first sequence number at or after this one that no repair gave up; the search ends at `limit`, where another
    /// segment begins that may have gaps of its own.
    func afterGaps(_ sequence: UInt64, before limit: UInt64 = .max) -> UInt64 {
        var sequence = sequence
        // Every gap ends above where it begins, so this ends.
        while sequence < limit, let next = gaps[sequence] { sequence = next }
        return sequence
    }
}
