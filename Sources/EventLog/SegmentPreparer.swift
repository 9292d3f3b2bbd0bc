/// Makes the next segment's file before it is needed, and looks after the free space, on a thread of its own.
///
/// The file is allocated, not filled with zeros; `docs/formats/event-log.md` has the measurements behind that.
final class SegmentPreparer: Sendable {
    private struct State {
        var prepared: PreparedSegment?
        var isClosing = false
    }

    private let directory: String
    private let options: LogOptions
    private let disk: any LogDisk
    private let spaceSeen: @Sendable (_ free: Int64, _ segmentIsReady: Bool) -> Void
    private let monitor = Monitor(State())

    init(
        directory: String,
        options: LogOptions,
        surroundings: LogSurroundings,
        spaceSeen: @escaping @Sendable (_ free: Int64, _ segmentIsReady: Bool) -> Void
    ) {
        self.directory = directory
        self.options = options
        self.disk = surroundings.disk
        self.spaceSeen = spaceSeen
    }

    /// The prepared file, which is the caller's from now on; nil when there is none. Does not wait.
    func take() -> PreparedSegment? {
        defer { monitor.wake() }
        return monitor.withLock { state in
            let prepared = state.prepared
            state.prepared = nil
            return prepared
        }
    }

    /// Ends the thread and removes the prepared file.
    func close() {
        monitor.withLock { $0.isClosing = true }
        monitor.wake()
    }

    /// What the thread does.
    func run() {
        var made = 0
        while !isClosing {
            let free = lookAtSpace()
            if options.preparesAhead, !hasPrepared, free >= options.reserveBytes + Int64(options.segmentBytes) {
                made += 1
                prepare(number: made)
            }
            let hadPrepared = hasPrepared
            monitor.wait(seconds: options.reserveCheckSeconds) {
                $0.isClosing || (hadPrepared && $0.prepared == nil)
            }
        }
        if let left = take() { discard(left) }
    }

    private var isClosing: Bool { monitor.withLock { $0.isClosing } }
    private var hasPrepared: Bool { monitor.withLock { $0.prepared != nil } }

    private func lookAtSpace() -> Int64 {
        do throws(SystemError) {
            let free = try disk.freeBytes(directory)
            spaceSeen(free, hasPrepared)
            return free
        } catch {
            // Nothing is known, so nothing changes; the writer asks again before it makes a segment.
            return 0
        }
    }

    private func prepare(number: Int) {
        do throws(SystemError) {
            // Each has a name of its own: the writer may not have renamed the last one yet.
            let segment = try PreparedSegment.make(
                directory: directory,
                name: "next.\(number).tmp",
                bytes: options.segmentBytes,
                disk: disk
            )
            do throws(SystemError) { try segment.file.sync() } catch {
                // A file whose sync failed is never used.
                return discard(segment)
            }
            monitor.withLock { $0.prepared = segment }
        } catch {
            // The writer makes one itself when it needs it, and meets what is wrong.
        }
    }

    private func discard(_ segment: PreparedSegment) {
        do throws(SystemError) { try disk.remove(segment.file.path) } catch {
            // It is removed at the next open, like every temporary file.
        }
    }
}
