internal import CPlatform

// A run on disk (docs/formats/dedupe-runs.md), all numbers little-endian:
//
//     header    1,024 bytes, see RunHeader
//     pages     1,024 bytes each: 32 entries of 32 bytes, ascending by (high, low); the last page ends in zeros
//     summary   first `high` of each page (8 bytes each), CRC-32C of each page (4 bytes each, seeded with the page's
//               number), zeros up to a multiple of 32 bytes, then the filter (32 bytes a block)
//
// Entries, page index and filter are read and written as they lie in memory, hence only where that is little-endian.
#if _endian(big)
    #error("the format of runs is little-endian, as is the memory of every platform meterd runs on")
#endif

// Opening reads the header and the summary, about 23 bits a key. A lookup reads one page.

/// Where things are in a run with a given number of entries.
struct RunLayout {
    static let pageBytes = 1_024
    static let pageEntries = pageBytes / Entry.bytes

    let pages: Int
    let filterBlocks: Int

    var crcOffset: Int { pages * 8 }
    var filterOffset: Int { (pages * 12 + 31) & ~31 }
    var summaryBytes: Int { filterOffset + filterBlocks * FilterView.blockBytes }
    var summaryOffset: UInt64 { UInt64(Self.pageBytes) * UInt64(pages + 1) }
    var fileBytes: UInt64 { summaryOffset + UInt64(summaryBytes) }

    init(count: Int, filterBlocks: Int) {
        self.pages = (count + Self.pageEntries - 1) / Self.pageEntries
        self.filterBlocks = filterBlocks
    }

    static func pageOffset(_ page: Int) -> UInt64 {
        UInt64(pageBytes) * UInt64(page + 1)
    }

    /// The check of a page: seeded with its number, so that a page in another's place is found too.
    static func pageCRC(_ bytes: UnsafeRawPointer, page: Int) -> UInt32 {
        meterd_crc32c(UInt32(truncatingIfNeeded: page), bytes, pageBytes)
    }
}

/// The first 1,024 bytes of a run.
struct RunHeader {
    /// "MTRDEDUP" as its bytes stand in the file.
    static let magic: UInt64 = 0x5055_4445_4452_544d
    static let version: UInt32 = 1
    /// Entries a run may have; more than any disk of this format will see, so a larger number is damage.
    static let countLimit: UInt64 = 1 << 40

    var day: Int32
    var storeIdentity: UInt64
    var count: UInt64
    var filterBlocks: UInt64
    var first: Fingerprint
    var last: Fingerprint
    var summaryCRC: UInt32

    private enum Place {
        static let magic = 0, version = 8, day = 12, storeIdentity = 16, count = 24, filterBlocks = 32
        static let firstHigh = 40, firstLow = 48, lastHigh = 56, lastLow = 64, summaryCRC = 72
        static let headerCRC = RunLayout.pageBytes - 4
    }

    var layout: RunLayout { RunLayout(count: Int(count), filterBlocks: Int(filterBlocks)) }

    /// Writes the header into `bytes`, which are zero and `RunLayout.pageBytes` long.
    func encode(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count == RunLayout.pageBytes, "header block")
        func store<T: FixedWidthInteger>(_ value: T, _ place: Int) {
            bytes.storeBytes(of: value.littleEndian, toByteOffset: place, as: T.self)
        }
        store(Self.magic, Place.magic)
        store(Self.version, Place.version)
        store(day, Place.day)
        store(storeIdentity, Place.storeIdentity)
        store(count, Place.count)
        store(filterBlocks, Place.filterBlocks)
        store(first.high, Place.firstHigh)
        store(first.low, Place.firstLow)
        store(last.high, Place.lastHigh)
        store(last.low, Place.lastLow)
        store(summaryCRC, Place.summaryCRC)
        store(meterd_crc32c(0, bytes.baseAddress, Place.headerCRC), Place.headerCRC)
    }

    /// Reads a header of the store with this identity; `path` is for the error.
    init(
        decoding bytes: UnsafeRawBufferPointer,
        storeIdentity expected: UInt64,
        path: String
    ) throws(DedupeError) {
        func load<T: FixedWidthInteger>(_ place: Int) -> T {
            T(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: T.self))
        }
        guard bytes.count == RunLayout.pageBytes else {
            throw .damagedRun(path: path, offset: UInt64(bytes.count), reason: "it ends within the header")
        }
        guard load(Place.magic) == Self.magic else {
            throw .damagedRun(path: path, offset: 0, reason: "it does not begin with MTRDEDUP")
        }
        let version: UInt32 = load(Place.version)
        guard version == Self.version else { throw .unknownVersion(path: path, found: version) }
        guard load(Place.headerCRC) == meterd_crc32c(0, bytes.baseAddress, Place.headerCRC) else {
            throw .damagedRun(path: path, offset: 0, reason: "the header's CRC-32C does not match")
        }
        day = load(Place.day)
        storeIdentity = load(Place.storeIdentity)
        count = load(Place.count)
        filterBlocks = load(Place.filterBlocks)
        first = Fingerprint(high: load(Place.firstHigh), low: load(Place.firstLow))
        last = Fingerprint(high: load(Place.lastHigh), low: load(Place.lastLow))
        summaryCRC = load(Place.summaryCRC)
        guard storeIdentity == expected else {
            throw .foreignRun(path: path, found: storeIdentity, expected: expected)
        }
        guard count < Self.countLimit, filterBlocks <= count, (filterBlocks == 0) == (count == 0) else {
            throw .damagedRun(path: path, offset: UInt64(Place.count), reason: "its count cannot be")
        }
    }

    init(
        day: Int32,
        storeIdentity: UInt64,
        count: Int,
        filterBlocks: Int,
        first: Fingerprint,
        last: Fingerprint,
        summaryCRC: UInt32
    ) {
        self.day = day
        self.storeIdentity = storeIdentity
        self.count = UInt64(count)
        self.filterBlocks = UInt64(filterBlocks)
        self.first = first
        self.last = last
        self.summaryCRC = summaryCRC
    }
}

/// The name of a run: its number, twelve digits and ".run". A run that is being written ends in ".partial" as well.
enum RunName {
    static let suffix = ".run"
    static let partialSuffix = ".partial"
    private static let digits = 12

    static func make(_ number: UInt64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text + suffix
    }

    /// The number of a run's name; nil when it is none.
    static func number(of name: String) -> UInt64? {
        guard name.hasSuffix(suffix) else { return nil }
        let text = name.utf8.dropLast(suffix.utf8.count)
        guard text.count >= digits, text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        guard let number = UInt64(String(decoding: text, as: UTF8.self)), make(number) == name else { return nil }
        return number
    }

    /// Whether a file of this name is the index's own, finished or not.
    static func isOwn(_ name: String) -> Bool {
        number(of: name.hasSuffix(partialSuffix) ? String(name.dropLast(partialSuffix.count)) : name) != nil
    }
}
