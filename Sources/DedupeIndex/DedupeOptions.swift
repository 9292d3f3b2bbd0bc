/// What may be set of a ``DedupeIndex``; the defaults are what meterd runs with.
public struct DedupeOptions: Sendable {
    /// Days a window may have.
    public static let windowDays = 1...400

    /// Identity of the store. Written into every run and compared when a run is opened.
    public var storeIdentity: UInt64
    /// Keys one generation of the memory table holds before it is written to disk: 40 bytes of memory a key.
    public var generationKeys: Int
    /// Generations kept in memory: the one that fills, those being written, and for quick answers the last written.
    /// When none of them is free an insert waits for the disk.
    public var generations: Int
    /// Runs of like size that are merged into one; also how much larger each next size is.
    public var mergeFanIn: Int
    /// Where the runs are kept; a test may pass files that fail.
    public var files: any RunFiles

    /// Options; see each property.
    public init(
        storeIdentity: UInt64 = 0,
        generationKeys: Int = 262_144,
        generations: Int = 4,
        mergeFanIn: Int = 8,
        files: any RunFiles = DiskRunFiles()
    ) {
        precondition((16...1_000_000).contains(generationKeys), "generationKeys")
        precondition((2...16).contains(generations), "generations")
        precondition((2...16).contains(mergeFanIn), "mergeFanIn")
        self.storeIdentity = storeIdentity
        self.generationKeys = generationKeys
        self.generations = generations
        self.mergeFanIn = mergeFanIn
        self.files = files
    }
}

/// What a ``DedupeIndex`` holds and has done since it was opened.
public struct DedupeStatistics: Hashable, Sendable {
    /// Keys within the window.
    public var keys: Int
    /// Keys that are in memory only; the next checkpoint writes them.
    public var unwrittenKeys: Int
    /// Memory of the tables, filters and page indexes, in bytes. Buffers of a merge in progress come on top.
    public var memoryBytes: Int
    /// Runs on disk that are searched.
    public var runs: Int
    /// Bytes of those runs.
    public var runBytes: Int
    /// Merges finished.
    public var merges: Int
    /// Pages read to look for a key.
    public var pageReads: Int
    /// Pages read in vain: a filter said a key may be there and it was not.
    public var falsePositives: Int
    /// The newest arrival day seen, in days since 1970-01-01 UTC; nil before the first insert.
    public var newestDay: Int32?
}
