internal import Synchronization

/// The log: a directory of segments, written by one thread, read by any.
///
/// Everything a frame holds is on disk when its completion runs. A frame gets its sequence numbers when it is written, one
/// for each of its events, without holes. A write or sync that fails is final: nothing is ever retried, the log takes no
/// more, and only opening it again can say what is on the disk.
public final class EventLog: Sendable {
    /// Whose log it is.
    public let identity: LogIdentity
    /// What opening found and put right.
    public let recovery: LogRecovery

    let directory: String
    let options: LogOptions
    let surroundings: LogSurroundings
    let catalog: SegmentCatalog
    let retention = Mutex(())
    private let recovered: RecoveredLog
    private let queue: SubmissionQueue
    private let preparer: SegmentPreparer
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var lock: File?
        var writer: LogThread?
        var preparer: LogThread?
        var isStarted = false
        var isClosed = false
    }

    /// Opens a log, or makes one, and takes the directory's lock.
    ///
    /// The end of the log is brought in order first: what a torn write left is copied to a `.torn` file and cut off, and
    /// frames that may never have been synced are. Only the last segment is read here; a cursor proves every frame it reads.
    ///
    /// - Parameters:
    ///   - directory: made when it is missing.
    ///   - identity: whose log it must be; nil takes the one it has, or a random one for a new log.
    /// - Throws: `.damaged` when a frame that was synced cannot be read, `.locked`, `.foreign`, `.identityUnreadable`,
    ///   `.unsupportedVersion`, `.system`.
    public static func open(
        directory: String,
        identity: LogIdentity? = nil,
        options: LogOptions = LogOptions(),
        surroundings: LogSurroundings = LogSurroundings()
    ) throws(EventLogError) -> EventLog {
        precondition(
            options.segmentBytes >= 4 * SegmentHeader.byteCount && options.segmentBytes <= Int(Int32.max),
            "a segment has 16 KiB to 2 GiB"
        )
        let lock = try takeLock(directory, disk: surroundings.disk)
        let recovered = try LogOpening(
            directory: directory,
            surroundings: surroundings,
            readBytes: options.readBytes
        ).recover(identity: identity)
        return EventLog(
            directory: directory,
            options: options,
            surroundings: surroundings,
            recovered: recovered,
            lock: lock
        )
    }

    static func takeLock(_ directory: String, disk: any LogDisk) throws(EventLogError) -> File {
        do throws(SystemError) {
            try disk.makeDirectory(directory)
            return try File(locking: directory, on: disk)
        } catch {
            throw error.call == "flock" && error.isWouldBlock ? .locked(directory: directory) : .system(error)
        }
    }

    private init(
        directory: String,
        options: LogOptions,
        surroundings: LogSurroundings,
        recovered: RecoveredLog,
        lock: consuming File
    ) {
        self.directory = directory
        self.options = options
        self.surroundings = surroundings
        self.recovered = recovered
        identity = recovered.identity
        recovery = recovered.recovery
        catalog = SegmentCatalog(recovered)
        let queue = SubmissionQueue(options: options)
        let observer = options.observer
        self.queue = queue
        preparer = SegmentPreparer(
            directory: directory,
            options: options,
            surroundings: surroundings,
            spaceSeen: { free, segmentIsReady in
                if let isLow = queue.space(free: free, segmentIsReady: segmentIsReady) { observer.diskLow(isLow) }
            }
        )
        state = Mutex(State(lock: lock))
    }

    deinit { close() }

    /// Starts the writer thread. What was submitted before waits for this.
    public func start(follower: any LogFollower) throws(EventLogError) {
        try system { () throws(SystemError) in
            try state.withLock { state throws(SystemError) in
                precondition(!state.isStarted && !state.isClosed, "a log is started once, before it is closed")
                state.isStarted = true
                let (directory, recovered, options) = (directory, recovered, options)
                let (surroundings, catalog, queue, preparer) = (surroundings, catalog, queue, preparer)
                state.preparer = try LogThread(name: "log-prepare") { preparer.run() }
                state.writer = try LogThread(name: "log-writer") {
                    let writer = LogWriter(
                        directory: directory,
                        recovered: recovered,
                        options: options,
                        surroundings: surroundings,
                        catalog: catalog,
                        takePrepared: preparer.take
                    )
                    CommitLoop(queue: queue, writer: writer, follower: follower, observer: options.observer).run()
                }
            }
        }
    }

    /// Hands a frame to the writer. When it throws, the frame is not taken and its completion is never called; otherwise
    /// the completion is called once, on the writer thread, and must return at once.
    public func submit(_ draft: consuming FrameDraft) throws(AppendError) {
        try queue.submit(draft)
    }

    /// Every event with a sequence number below this one is on disk.
    public var syncedThrough: UInt64 { catalog.syncedThrough }

    /// Bytes of frames that wait or are being written.
    public var queuedBytes: Int { queue.statistics.queuedBytes }

    /// The log's numbers at this moment.
    public var metrics: LogStatistics {
        var statistics = queue.statistics
        statistics.segments = catalog.segmentCount
        return statistics
    }

    /// Writes what waits, ends the threads and gives the lock back. Frames submitted from now on are refused. Must not be
    /// called from a completion. Cursors may still be read to their end.
    public func close() {
        let (writerThread, preparerThread) = state.withLock { state in
            state.isClosed = true
            defer { (state.writer, state.preparer) = (nil, nil) }
            return (state.writer, state.preparer)
        }
        queue.close()
        // The writer first: it may still want a prepared segment.
        writerThread?.join()
        preparer.close()
        preparerThread?.join()
        for draft in queue.drain() { draft.completion(.failure(.closed)) }
        state.withLock { $0.lock = nil }
    }
}
