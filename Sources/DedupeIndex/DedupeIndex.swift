/// The keys seen within the window, each with the sequence number and content hash of its first arrival.
///
/// **What it answers** depends only on the inserts and their order: not on when memory was written, runs were merged or
/// checkpoints were made. So replaying the log after a crash gives the same answers again.
///
/// **The window.** Arrival days are whole UTC days. An entry of day D is forgotten when an insert with an arrival day
/// above D + `windowDays` comes, all of its day at once. The newest day seen rules: an insert with an older arrival day
/// (a clock that went backwards) is filed under the newest day, so it neither revives nor ends anything early.
///
/// **Durability.** ``checkpoint()`` makes everything inserted so far durable and names the runs that hold it. The
/// caller keeps the names in its own checkpoint, then calls ``committed(_:)``; until then the runs of the checkpoint
/// before stay. After a crash ``init(directory:windowDays:restoring:options:)`` opens exactly the named runs, and the
/// caller inserts again what came after.
///
/// Not thread-safe: one thread owns it. Writing and merging happen on a thread of its own; an insert waits for it only
/// when all generations of the memory table are full of entries not yet on disk.
public final class DedupeIndex {
    /// Runs beyond one for each day of the window at which inserts wait for merges.
    static let runAllowance = 64

    let directory: String
    let windowDays: Int
    let options: DedupeOptions
    let builder: RunBuilder
    let plan: MergePlan
    let scratch = InsertScratch()
    /// Oldest first; the last one fills.
    var generations: [Generation]
    var runs: [Run] = []
    /// The runs' filters, in the order of `runs`: kept ready for inserts.
    var filters: [FilterView] = []
    /// The tables of the generations that hold what is in no run yet, and of the others, newest first.
    var tables: [GenerationView] = []
    var writtenTables: [GenerationView] = []
    var newestDay: Int32?
    /// The first error; everything after it is refused with it.
    var failure: DedupeError?
    /// Files of runs no longer searched, that a durable checkpoint may still name.
    private var retired: Set<String> = []
    /// What the last checkpoint named: whether it is durable yet is not known here.
    private var named: Set<String> = []
    private var nextNumber: UInt64 = 1
    private var directoryChanged = false
    private var mergeUnderWay = false
    private var mergesPaused = false
    private var merges = 0
    var pageReads = 0
    var falsePositives = 0

    /// Opens the index as the last durable checkpoint left it.
    ///
    /// - Parameters:
    ///   - directory: The index's own directory, made where it is missing. Run files in it that are not named are what
    ///     a crash left and are removed, once all named ones were opened.
    ///   - windowDays: Days a key is remembered after the day of its first arrival; 1 to 400.
    ///   - names: What ``checkpoint()`` returned for the last durable checkpoint; empty when there is none.
    /// - Throws: ``DedupeError`` when a named run is missing, damaged or of another store, or a system call fails.
    public init(
        directory: String,
        windowDays: Int,
        restoring names: [String],
        options: DedupeOptions = DedupeOptions()
    ) throws(DedupeError) {
        guard DedupeOptions.windowDays.contains(windowDays) else { throw .invalidWindow(days: windowDays) }
        self.directory = directory
        self.windowDays = windowDays
        self.options = options
        plan = MergePlan(fanIn: options.mergeFanIn)
        generations = [Generation(capacity: options.generationKeys)]
        try options.files.makeDirectory(directory)
        builder = try RunBuilder(
            RunPlace(directory: directory, storeIdentity: options.storeIdentity, files: options.files)
        )
        do {
            try restore(Set(names))
        } catch {
            builder.stop()
            throw error
        }
    }

    /// Opens an index without a checkpoint: whatever runs are in the directory are removed.
    public convenience init(
        directory: String,
        windowDays: Int,
        options: DedupeOptions = DedupeOptions()
    ) throws(DedupeError) {
        try self.init(directory: directory, windowDays: windowDays, restoring: [], options: options)
    }

    deinit {
        builder.stop()
    }

    private func restore(_ names: Set<String>) throws(DedupeError) {
        for name in names.sorted() {
            guard let number = RunName.number(of: name) else { throw .invalidRunName(name) }
            runs.append(
                try Run.open(
                    name: name,
                    directory: directory,
                    storeIdentity: options.storeIdentity,
                    files: options.files
                )
            )
            nextNumber = max(nextNumber, number + 1)
        }
        for name in try options.files.list(directory) where RunName.isOwn(name) && !names.contains(name) {
            try options.files.remove(directory + "/" + name)
        }
        if let day = runs.map(\.day).max() {
            newestDay = day
            expire()
        }
        refreshViews()
        planMerge()
    }

    // MARK: Checkpoints

    /// Writes what is in memory only and returns the names of the runs that together hold everything inserted so far.
    ///
    /// All of them are durable when it returns. The calls that follow may add to the index; what they add belongs to
    /// the next checkpoint.
    public func checkpoint() throws(DedupeError) -> [String] {
        if let failure { throw failure }
        do throws(DedupeError) {
            submitUnwritten()
            adopt(try builder.waitForWrites())
            try keepNewestDay()
            if directoryChanged {
                try options.files.synchronizeDirectory(directory)
                directoryChanged = false
            }
        } catch {
            failure = error
            throw error
        }
        mergesPaused = false
        planMerge()
        let names = runs.map(\.name).sorted()
        named = Set(names)
        return names
    }

    /// Tells that the checkpoint with these names is durable: files of runs that it does not name and that are no
    /// longer searched are removed. A file that cannot be removed is tried again at the next checkpoint.
    public func committed(_ names: [String]) {
        for name in retired.subtracting(names).subtracting(named) {
            do throws(DedupeError) {
                try options.files.remove(directory + "/" + name)
                retired.remove(name)
            } catch {
                continue
            }
        }
    }

    /// The newest day decides what has expired, so a checkpoint has to hold it. Where all its arrivals were duplicates
    /// no run tells of it: then a run without entries does.
    private func keepNewestDay() throws(DedupeError) {
        guard let newestDay, !runs.contains(where: { $0.day == newestDay }) else { return }
        builder.submit(WriteJob(name: takeName(), day: newestDay, generation: nil, range: 0..<0))
        adopt(try builder.waitForWrites())
    }

    /// What the index holds and has done.
    public var statistics: DedupeStatistics {
        let unwritten = generations.reduce(0) { $0 + $1.unwritten }
        return DedupeStatistics(
            keys: unwritten + runs.reduce(0) { $0 + $1.count },
            unwrittenKeys: unwritten,
            memoryBytes: generations.reduce(0) { $0 + $1.memoryBytes } + runs.reduce(0) { $0 + $1.memoryBytes },
            runs: runs.count,
            runBytes: runs.reduce(0) { $0 + Int($1.layout.fileBytes) },
            merges: merges,
            pageReads: pageReads,
            falsePositives: falsePositives,
            newestDay: newestDay
        )
    }

    // MARK: Days

    /// Takes note of an arrival day and forgets what left the window by it.
    func advance(to day: Int32) {
        if let newestDay, day <= newestDay { return }
        newestDay = day
        expire()
        refreshViews()
    }

    private func expire() {
        guard let newestDay else { return }
        let oldest = Int32(clamping: Int(newestDay) - windowDays)
        for generation in generations { generation.expire(before: oldest) }
        for run in runs where run.day < oldest { retired.insert(run.name) }
        runs.removeAll { $0.day < oldest }
    }

    private func isWithinWindow(_ day: Int32) -> Bool {
        newestDay.map { Int(day) >= Int($0) - windowDays } ?? true
    }

    // MARK: Memory to disk

    /// Starts the next generation, on the memory of the oldest one where no more may be made.
    func rotate() throws(DedupeError) {
        submitUnwritten()
        adopt(try builder.takeResults())
        while runs.count > windowDays + Self.runAllowance, mergeUnderWay { adopt(try builder.waitForResult()) }
        if generations.count < options.generations {
            generations.append(Generation(capacity: options.generationKeys))
        } else {
            while !generations[0].isDisposable { adopt(try builder.waitForResult()) }
            let oldest = generations.removeFirst()
            oldest.reset()
            generations.append(oldest)
        }
        refreshViews()
    }

    private func submitUnwritten() {
        guard let current = generations.last else { return }
        for (day, range) in current.submit() {
            builder.submit(WriteJob(name: takeName(), day: day, generation: current, range: range))
        }
    }

    private func takeName() -> String {
        defer { nextNumber += 1 }
        return RunName.make(nextNumber)
    }

    /// Searches new runs from now on, in place of what they were made of. A run whose day expired while it was being
    /// written is of no use any more.
    private func adopt(_ results: [RunBuilder.Result]) {
        for result in results {
            switch result {
            case .written(let job, let run):
                job.generation?.finished(job.range)
                add(run)
            case .merged(let job, let run):
                mergeUnderWay = false
                merges += 1
                for input in job.inputs { retired.insert(input.name) }
                runs.removeAll { run in job.inputs.contains { $0 === run } }
                add(run)
            case .noRoom:
                mergeUnderWay = false
                mergesPaused = true
            }
        }
        if results.isEmpty { return }
        refreshViews()
        planMerge()
    }

    private func add(_ run: Run) {
        directoryChanged = true
        if isWithinWindow(run.day) { runs.append(run) } else { retired.insert(run.name) }
    }

    private func planMerge() {
        guard !mergeUnderWay, !mergesPaused, let newestDay else { return }
        let openDay = generations.compactMap(\.firstUnwrittenDay).min() ?? newestDay
        let candidates = runs.map { MergePlan.Candidate(day: $0.day, count: $0.count) }
        guard let chosen = plan.next(candidates, openDay: min(openDay, newestDay)) else { return }
        let inputs = chosen.map { runs[$0] }
        mergeUnderWay = true
        builder.submit(MergeJob(name: takeName(), day: inputs[0].day, inputs: inputs))
    }

    func refreshViews() {
        filters = runs.map(\.filter)
        let current = generations[generations.count - 1]
        tables = generations.reversed().filter { $0 === current || $0.unwritten > 0 }.map(\.view)
        writtenTables = generations.reversed().filter { $0 !== current && $0.unwritten == 0 }.map(\.view)
    }
}
