internal import CPlatform

/// A finished run: its file open for reading, its page index and filter in memory.
///
/// `@unchecked Sendable` because it wraps a descriptor and memory that nobody writes any more: the index looks keys up
/// while the builder's thread merges.
final class Run: @unchecked Sendable {
    let name: String
    let header: RunHeader
    let layout: RunLayout
    let path: String
    private let files: any RunFiles
    private let descriptor: Int32
    private let summary: PageMemory

    var day: Int32 { header.day }
    var count: Int { Int(header.count) }
    var memoryBytes: Int { summary.byteCount }

    /// Takes over an open descriptor and its summary.
    init(
        name: String,
        path: String,
        header: RunHeader,
        files: any RunFiles,
        descriptor: Int32,
        summary: PageMemory
    ) {
        self.name = name
        self.path = path
        self.header = header
        self.layout = header.layout
        self.files = files
        self.descriptor = descriptor
        self.summary = summary
    }

    deinit {
        files.close(descriptor)
    }

    /// Opens a run of a directory and checks header and summary; pages are checked as they are read.
    static func open(
        name: String,
        directory: String,
        storeIdentity: UInt64,
        files: any RunFiles
    ) throws(DedupeError) -> Run {
        let path = directory + "/" + name
        guard let descriptor = try files.open(path) else { throw .missingRun(path: path) }
        do throws(DedupeError) {
            let block = PageMemory(byteCount: RunLayout.pageBytes)
            let headerBytes = UnsafeMutableRawBufferPointer(start: block.base, count: RunLayout.pageBytes)
            let got = try files.read(descriptor, into: headerBytes, at: 0, path: path)
            let header = try RunHeader(
                decoding: UnsafeRawBufferPointer(rebasing: headerBytes[..<got]),
                storeIdentity: storeIdentity,
                path: path
            )
            let layout = header.layout
            let size = try files.size(descriptor, path: path)
            guard size == layout.fileBytes else {
                throw .damagedRun(
                    path: path,
                    offset: min(size, layout.fileBytes),
                    reason: "it is \(size) bytes long, its header says \(layout.fileBytes)"
                )
            }
            let summary = PageMemory(byteCount: layout.summaryBytes)
            let bytes = UnsafeMutableRawBufferPointer(start: summary.base, count: layout.summaryBytes)
            let length = try files.read(descriptor, into: bytes, at: layout.summaryOffset, path: path)
            guard length == layout.summaryBytes, meterd_crc32c(0, summary.base, length) == header.summaryCRC else {
                throw .damagedRun(
                    path: path,
                    offset: layout.summaryOffset,
                    reason: "the CRC-32C of its page index and filter does not match"
                )
            }
            return Run(
                name: name,
                path: path,
                header: header,
                files: files,
                descriptor: descriptor,
                summary: summary
            )
        } catch {
            files.close(descriptor)
            throw error
        }
    }

    var filter: FilterView {
        FilterView(
            words: (summary.base + layout.filterOffset).assumingMemoryBound(to: UInt64.self),
            blocks: UInt64(layout.filterBlocks)
        )
    }

    private var firsts: UnsafePointer<UInt64> { UnsafePointer(summary.base.assumingMemoryBound(to: UInt64.self)) }

    /// Reads pages into `bytes` (a whole number of them) and checks each.
    func readPages(from page: Int, into bytes: UnsafeMutableRawBufferPointer) throws(DedupeError) {
        guard let base = bytes.baseAddress else { return }
        let got = try files.read(descriptor, into: bytes, at: RunLayout.pageOffset(page), path: path)
        let crcs = (summary.base + layout.crcOffset).assumingMemoryBound(to: UInt32.self)
        for index in 0..<(bytes.count / RunLayout.pageBytes) {
            let start = index * RunLayout.pageBytes
            guard start + RunLayout.pageBytes <= got,
                RunLayout.pageCRC(base + start, page: page + index) == crcs[page + index]
            else {
                throw .damagedRun(
                    path: path,
                    offset: RunLayout.pageOffset(page + index),
                    reason: "the CRC-32C of page \(page + index) does not match"
                )
            }
        }
    }

    /// Looks for a key; `buffer` takes one page, `reads` counts the pages read.
    func find(
        _ key: Fingerprint,
        buffer: UnsafeMutableRawBufferPointer,
        reads: inout Int
    ) throws(DedupeError) -> Entry? {
        var page = lastPage(before: key.high)
        // The key can only be in a page that begins before it; when pages begin with its very `high` in those as well.
        repeat {
            try readPages(from: page, into: buffer)
            reads += 1
            if let entry = search(buffer, entries: entries(inPage: page), for: key) { return entry }
            page += 1
        } while page < layout.pages && firsts[page] <= key.high
        return nil
    }

    func entries(inPage page: Int) -> Int {
        min(RunLayout.pageEntries, count - page * RunLayout.pageEntries)
    }

    /// The last page whose first `high` is below this one, or page 0. Fingerprints are evenly spread, so the place is
    /// guessed in proportion and the search widens from there.
    private func lastPage(before high: UInt64) -> Int {
        let firsts = firsts
        let pages = layout.pages
        let guess = Int(truncatingIfNeeded: high.multipliedFullWidth(by: UInt64(pages)).high)
        var lower = guess
        var step = 1
        while lower > 0, firsts[lower] >= high {
            lower = max(0, lower - step)
            step *= 2
        }
        var upper = guess + 1
        step = 1
        while upper < pages, firsts[upper] < high {
            lower = upper
            upper = min(pages, upper + step)
            step *= 2
        }
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if firsts[middle] < high { lower = middle } else { upper = middle }
        }
        return lower
    }

    private func search(
        _ page: UnsafeMutableRawBufferPointer,
        entries: Int,
        for key: Fingerprint
    ) -> Entry? {
        guard let base = page.baseAddress?.assumingMemoryBound(to: Entry.self) else { return nil }
        var lower = 0
        var upper = entries
        while lower < upper {
            let middle = (lower + upper) / 2
            let entry = base[middle]
            if entry.high == key.high, entry.low == key.low { return entry }
            if entry.high < key.high || (entry.high == key.high && entry.low < key.low) {
                lower = middle + 1
            } else {
                upper = middle
            }
        }
        return nil
    }
}
