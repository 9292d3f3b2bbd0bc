internal import CPlatform
internal import Glibc

/// Where runs are written.
struct RunPlace: Sendable {
    let directory: String
    let storeIdentity: UInt64
    let files: any RunFiles
}

/// Entries to be sorted and written as one run.
struct WriteJob: Sendable {
    let name: String
    let day: Int32
    /// The generation that holds the entries; nil for a run without entries, which only keeps its day.
    let generation: Generation?
    let range: Range<Int>
}

/// Runs of one day to be made one.
struct MergeJob: Sendable {
    let name: String
    let day: Int32
    let inputs: [Run]
}

/// A thread that writes generations and merges runs, so that inserts wait for neither.
///
/// It decides nothing: what it is given and when its results are searched is up to the index. Writes go before merges,
/// which are done in steps.
final class RunBuilder: Sendable {
    enum Result: Sendable {
        case written(WriteJob, Run)
        case merged(MergeJob, Run)
        /// The disk had no room for a merge: nothing is lost, the runs stay as they are.
        case noRoom(MergeJob)
    }

    private struct State {
        var writes: [WriteJob] = []
        var merge: MergeJob?
        var busyWriting = false
        var results: [Result] = []
        var failure: DedupeError?
        var stopping = false
        var stopped = false

        var hasWrites: Bool { busyWriting || !writes.isEmpty }
    }

    private enum Task {
        case write(WriteJob)
        case merge(MergeJob)
        case goOn
        case stop
    }

    private let state = Monitor(State())

    /// Starts the thread.
    init(_ place: RunPlace) throws(DedupeError) {
        var thread = pthread_t()
        let body = Unmanaged.passRetained(ThreadBody(state: state, place: place))
        let number = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            body.toOpaque()
        )
        guard number == 0 else {
            body.release()
            throw .system(call: "pthread_create", path: place.directory, number: number)
        }
        pthread_detach(thread)
    }

    func submit(_ job: WriteJob) {
        state.update { $0.writes.append(job) }
    }

    /// Takes a merge when none is under way.
    func submit(_ job: MergeJob) {
        state.update { state in
            precondition(state.merge == nil, "one merge at a time")
            state.merge = job
        }
    }

    /// What is finished, without waiting.
    func takeResults() throws(DedupeError) -> [Result] {
        try take { _ in true }
    }

    /// What is finished, once something is.
    func waitForResult() throws(DedupeError) -> [Result] {
        try take { !$0.results.isEmpty }
    }

    /// What is finished, once every submitted write is.
    func waitForWrites() throws(DedupeError) -> [Result] {
        try take { !$0.hasWrites }
    }

    private func take(when ready: (State) -> Bool) throws(DedupeError) -> [Result] {
        let (results, failure): ([Result], DedupeError?) = state.wait { state in
            guard state.failure != nil || ready(state) else { return nil }
            defer { state.results = [] }
            return (state.results, state.failure)
        }
        if let failure { throw failure }
        return results
    }

    /// Ends the thread; a merge under way is given up.
    func stop() {
        state.update { $0.stopping = true }
        state.wait { $0.stopped ? () : nil }
    }

    /// What the thread runs. Touches nothing but the state, under its lock, and what the jobs hold.
    private final class ThreadBody {
        private let state: Monitor<State>
        private let place: RunPlace
        private let order = EntryOrder()
        private var merge: RunMerge?

        init(state: Monitor<State>, place: RunPlace) {
            self.state = state
            self.place = place
        }

        func run() {
            meterd_name_thread("dedupe-runs")
            while true {
                switch nextTask() {
                case .write(let job): attempt { () throws(DedupeError) in try self.write(job) }
                case .merge(let job): attempt { () throws(DedupeError) in try self.begin(job) }
                case .goOn: attempt { () throws(DedupeError) in try self.goOn() }
                case .stop:
                    merge?.abandon()
                    merge = nil
                    state.update { $0.stopped = true }
                    return
                }
            }
        }

        private func nextTask() -> Task {
            state.wait { state in
                if state.stopping { return .stop }
                if state.failure != nil { return nil }
                if !state.writes.isEmpty {
                    state.busyWriting = true
                    return .write(state.writes.removeFirst())
                }
                if self.merge != nil { return .goOn }
                return state.merge.map { .merge($0) }
            }
        }

        private func attempt(_ work: () throws(DedupeError) -> Void) {
            do throws(DedupeError) {
                try work()
            } catch {
                state.update { state in
                    state.busyWriting = false
                    state.failure = error
                }
            }
        }

        private func write(_ job: WriteJob) throws(DedupeError) {
            let writer = try RunWriter(
                name: job.name,
                directory: place.directory,
                day: job.day,
                count: job.range.count,
                storeIdentity: place.storeIdentity,
                files: place.files
            )
            let run: Run
            do throws(DedupeError) {
                if let generation = job.generation {
                    let entries = UnsafePointer(generation.entries + job.range.lowerBound)
                    try order.forEach(of: entries, count: job.range.count) { entry throws(DedupeError) in
                        try writer.append(entry)
                    }
                }
                run = try writer.finish()
            } catch {
                writer.abandon()
                throw error
            }
            state.update { state in
                state.busyWriting = false
                state.results.append(.written(job, run))
            }
        }

        private func begin(_ job: MergeJob) throws(DedupeError) {
            do throws(DedupeError) {
                merge = try RunMerge(job, place)
            } catch {
                try giveUp(job, error)
            }
        }

        private func goOn() throws(DedupeError) {
            guard let merge else { return }
            do throws(DedupeError) {
                guard let run = try merge.step() else { return }
                finish(.merged(merge.job, run))
            } catch {
                try giveUp(merge.job, error)
            }
        }

        /// A merge only saves work: that the disk is full must not end what would run on without it.
        private func giveUp(_ job: MergeJob, _ error: DedupeError) throws(DedupeError) {
            merge = nil
            guard case .system(_, _, let number) = error, number == ENOSPC || number == EDQUOT else { throw error }
            finish(.noRoom(job))
        }

        private func finish(_ result: Result) {
            merge = nil
            state.update { state in
                state.merge = nil
                state.results.append(result)
            }
        }
    }
}
