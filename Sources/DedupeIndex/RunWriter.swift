internal import CPlatform

/// Writes one run from entries given in ascending order: pages as they fill, then page index, filter and header, then
/// sync and rename. The new name is durable only after the directory was synced, which a checkpoint does.
final class RunWriter {
    /// Pages collected before they are written with one call.
    private static let bufferedPages = 256

    private let name: String
    private let directory: String
    private let files: any RunFiles
    private let day: Int32
    private let storeIdentity: UInt64
    private let count: Int
    private let layout: RunLayout
    private let descriptor: Int32
    private let summary: PageMemory
    private let buffer: PageMemory
    private let filter: FilterView
    private var written = 0
    private var buffered = 0
    private var page = 0
    private var first = Fingerprint(high: 0, low: 0)
    private var last = Fingerprint(high: 0, low: 0)

    private var partialPath: String { directory + "/" + name + RunName.partialSuffix }

    init(
        name: String,
        directory: String,
        day: Int32,
        count: Int,
        storeIdentity: UInt64,
        files: any RunFiles
    ) throws(DedupeError) {
        self.name = name
        self.directory = directory
        self.day = day
        self.count = count
        self.storeIdentity = storeIdentity
        self.files = files
        layout = RunLayout(count: count, filterBlocks: FilterView.blocks(forKeys: count))
        descriptor = try files.create(directory + "/" + name + RunName.partialSuffix)
        summary = PageMemory(byteCount: layout.summaryBytes)
        buffer = PageMemory(byteCount: min(Self.bufferedPages, max(layout.pages, 1)) * RunLayout.pageBytes)
        filter = FilterView(
            words: (summary.base + layout.filterOffset).assumingMemoryBound(to: UInt64.self),
            blocks: UInt64(layout.filterBlocks)
        )
    }

    /// Takes the next entry, which comes after the one before.
    @inline(__always)
    func append(_ entry: Entry) throws(DedupeError) {
        let key = Fingerprint(high: entry.high, low: entry.low)
        if written == 0 {
            first = key
        } else {
            precondition((last.high, last.low) < (key.high, key.low), "entries of a run ascend")
        }
        last = key
        filter.insert(high: entry.high, low: entry.low)
        if buffered % RunLayout.pageEntries == 0 { startPage(entry.high) }
        buffer.base.assumingMemoryBound(to: Entry.self)[buffered] = entry
        buffered += 1
        written += 1
        if buffered * Entry.bytes == buffer.byteCount { try flush() }
    }

    /// Notes where the page that now begins starts.
    private func startPage(_ high: UInt64) {
        let next = page + buffered / RunLayout.pageEntries
        precondition(next < layout.pages, "more entries than announced")
        summary.base.assumingMemoryBound(to: UInt64.self)[next] = high
    }

    /// Writes the buffered pages, the last one filled up with zeros.
    private func flush() throws(DedupeError) {
        let pages = (buffered + RunLayout.pageEntries - 1) / RunLayout.pageEntries
        let used = buffered * Entry.bytes
        let length = pages * RunLayout.pageBytes
        if length > used { (buffer.base + used).initializeMemory(as: UInt8.self, repeating: 0, count: length - used) }
        let crcs = (summary.base + layout.crcOffset).assumingMemoryBound(to: UInt32.self)
        for index in 0..<pages {
            crcs[page + index] = RunLayout.pageCRC(buffer.base + index * RunLayout.pageBytes, page: page + index)
        }
        try files.write(
            descriptor,
            UnsafeRawBufferPointer(start: buffer.base, count: length),
            at: RunLayout.pageOffset(page),
            path: partialPath
        )
        page += pages
        buffered = 0
    }

    /// Completes the file and gives it its name; the run is open and ready to be searched.
    func finish() throws(DedupeError) -> Run {
        if buffered > 0 { try flush() }
        precondition(written == count && page == layout.pages, "as many entries as announced")
        let summaryBytes = UnsafeRawBufferPointer(start: summary.base, count: layout.summaryBytes)
        try files.write(descriptor, summaryBytes, at: layout.summaryOffset, path: partialPath)
        let header = RunHeader(
            day: day,
            storeIdentity: storeIdentity,
            count: count,
            filterBlocks: layout.filterBlocks,
            first: first,
            last: last,
            summaryCRC: meterd_crc32c(0, summary.base, layout.summaryBytes)
        )
        let block = PageMemory(byteCount: RunLayout.pageBytes)
        let headerBytes = UnsafeMutableRawBufferPointer(start: block.base, count: RunLayout.pageBytes)
        header.encode(into: headerBytes)
        try files.write(descriptor, UnsafeRawBufferPointer(headerBytes), at: 0, path: partialPath)
        try files.synchronize(descriptor, path: partialPath)
        let path = directory + "/" + name
        try files.rename(partialPath, to: path)
        return Run(name: name, path: path, header: header, files: files, descriptor: descriptor, summary: summary)
    }

    /// Lets go of a run that will not be finished. A file that cannot be removed now is removed at the next start.
    func abandon() {
        files.close(descriptor)
        try? files.remove(partialPath)
    }
}
