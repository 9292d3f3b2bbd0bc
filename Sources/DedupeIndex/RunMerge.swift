/// A merge of several runs of one day into one, done in steps so that the thread that does it can attend to more
/// urgent work in between.
final class RunMerge {
    /// Entries merged in one step: one or two milliseconds.
    static let stepEntries = 32_768
    /// Pages read from each run at once.
    private static let bufferedPages = 128

    private struct Input {
        let run: Run
        let buffer: PageMemory
        var page = 0
        var next = 0
        var end = 0

        init(_ run: Run) {
            self.run = run
            buffer = PageMemory(byteCount: min(RunMerge.bufferedPages, run.layout.pages) * RunLayout.pageBytes)
        }

        /// Reads the next pages; false at the end of the run.
        mutating func refill() throws(DedupeError) -> Bool {
            let pages = min(RunMerge.bufferedPages, run.layout.pages - page)
            if pages == 0 { return false }
            try run.readPages(
                from: page,
                into: UnsafeMutableRawBufferPointer(start: buffer.base, count: pages * RunLayout.pageBytes)
            )
            next = 0
            end = min(pages * RunLayout.pageEntries, run.count - page * RunLayout.pageEntries)
            page += pages
            return true
        }

        var head: Entry { buffer.base.assumingMemoryBound(to: Entry.self)[next] }
    }

    let job: MergeJob
    private let writer: RunWriter
    private var inputs: [Input] = []
    private var heads: [UInt64] = []

    /// - Parameter job: Runs of one day; none of them holds a key of another.
    init(_ job: MergeJob, _ place: RunPlace) throws(DedupeError) {
        self.job = job
        writer = try RunWriter(
            name: job.name,
            directory: place.directory,
            day: job.day,
            count: job.inputs.reduce(0) { $0 + $1.count },
            storeIdentity: place.storeIdentity,
            files: place.files
        )
        do throws(DedupeError) {
            for run in job.inputs where run.count > 0 {
                var input = Input(run)
                if try input.refill() {
                    inputs.append(input)
                    heads.append(input.head.high)
                }
            }
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// Merges some entries; the finished run once there are no more. After an error the merge is over.
    func step() throws(DedupeError) -> Run? {
        do throws(DedupeError) {
            for _ in 0..<Self.stepEntries {
                if inputs.isEmpty { return try writer.finish() }
                let least = leastInput()
                try writer.append(inputs[least].head)
                inputs[least].next += 1
                if inputs[least].next == inputs[least].end, try !inputs[least].refill() {
                    inputs.remove(at: least)
                    heads.remove(at: least)
                } else {
                    heads[least] = inputs[least].head.high
                }
            }
            return nil
        } catch {
            writer.abandon()
            throw error
        }
    }

    func abandon() {
        writer.abandon()
    }

    private func leastInput() -> Int {
        var least = 0
        for index in 1..<max(1, heads.count) where heads[index] <= heads[least] {
            if heads[index] < heads[least] || inputs[index].head.isBefore(inputs[least].head) { least = index }
        }
        return least
    }
}
