internal import Glibc

/// Writes groups of frames: numbers them, writes, syncs, and says so. It has no thread and no lock of its own; the writer
/// thread drives it, and so does the simulation.
final class LogWriter {
    private let directory: String
    private let identity: LogIdentity
    private let options: LogOptions
    private let surroundings: LogSurroundings
    private let catalog: SegmentCatalog
    private let takePrepared: () -> PreparedSegment?
    private var disk: any LogDisk { surroundings.disk }

    private var segment: OpenSegment?
    private(set) var nextSequence: UInt64
    private var group: GroupCommit

    /// What became of a group.
    enum Outcome {
        /// These are on disk.
        case committed([Frame], CommitSample)
        /// There is no room for another segment; nothing of this group was written.
        case diskLow
        /// Final: nothing may be written any more.
        case failed(SystemError)
    }

    /// - Parameter takePrepared: the segment made ahead, when there is one.
    init(
        directory: String,
        recovered: RecoveredLog,
        options: LogOptions,
        surroundings: LogSurroundings,
        catalog: SegmentCatalog,
        takePrepared: @escaping () -> PreparedSegment?
    ) {
        self.directory = directory
        identity = recovered.identity
        self.options = options
        self.surroundings = surroundings
        self.catalog = catalog
        self.takePrepared = takePrepared
        nextSequence = recovered.recovery.nextSequence
        group = GroupCommit(frames: options.commitFrames)
    }

    /// How many drafts from `start` on go into one commit: as many as fit the limits and one segment, at least one.
    private func groupEnd(_ drafts: [FrameDraft], from start: Int, room: Int) -> (end: Int, headerBytes: Int) {
        var end = start
        var bytes = 0
        var headerBytes = 0
        while end < drafts.count, end - start < options.commitFrames {
            let length = drafts[end].frameBytes
            guard bytes + length <= room, end == start || bytes + length <= options.commitBytes else { break }
            bytes += length
            headerBytes += FrameHeader.byteCount + FrameHeader.positionsBytes(drafts[end].positions)
            end += 1
        }
        return (end, headerBytes)
    }

    /// Commits drafts from `start` on, as many as go together, and moves `start` behind them.
    func commit(_ drafts: [FrameDraft], from start: inout Int) -> Outcome {
        do throws(SystemError) {
            let needed = drafts[start].frameBytes
            if segment.map({ options.segmentBytes - Int($0.end) < needed }) ?? true {
                guard try roll() else { return .diskLow }
            }
            guard let segment else { return .diskLow }
            let room = options.segmentBytes - Int(segment.end)
            let (end, headerBytes) = groupEnd(drafts, from: start, room: room)
            let frames = gather(drafts, start..<end, headerBytes: headerBytes, segment: segment)
            let sample = try write(frames, to: segment)
            start = end
            return .committed(frames, sample)
        } catch {
            return .failed(error)
        }
    }

    /// Trims the segment to its frames; what was synced is synced, so this only gives space back.
    func close() throws(SystemError) {
        guard let segment else { return }
        self.segment = nil
        try segment.file.truncate(to: segment.end)
        try segment.file.sync()
    }

    private func gather(
        _ drafts: [FrameDraft],
        _ range: Range<Int>,
        headerBytes: Int,
        segment: OpenSegment
    ) -> [Frame] {
        var frames: [Frame] = []
        frames.reserveCapacity(range.count)
        group.begin(frames: range.count, headerBytes: headerBytes)
        var sequence = nextSequence
        for index in range {
            let draft = drafts[index]
            let positionsBytes = FrameHeader.positionsBytes(draft.positions)
            let length = draft.frameBytes
            let header = FrameHeader(
                kind: draft.kind,
                origin: draft.origin,
                padding: UInt8(length - FrameHeader.byteCount - positionsBytes - draft.payload.count),
                length: UInt32(length),
                count: draft.count,
                firstSequence: sequence,
                syncedThrough: nextSequence,
                arrival: draft.arrival,
                positionsBytes: UInt32(positionsBytes),
                epoch: segment.epoch
            )
            group.add(draft, header: header, seed: segment.seed)
            frames.append(
                Frame(
                    firstSequence: sequence,
                    kind: draft.kind,
                    origin: draft.origin,
                    count: draft.count,
                    arrival: draft.arrival,
                    positions: draft.positions,
                    payload: draft.payload,
                    owner: draft.owner
                )
            )
            sequence += UInt64(draft.count)
        }
        return frames
    }

    private func write(_ frames: [Frame], to segment: OpenSegment) throws(SystemError) -> CommitSample {
        let mark = SegmentMark(sequence: nextSequence, offset: segment.end)
        let before = surroundings.monotonicClock()
        try group.write(to: segment.file, at: segment.end)
        let between = surroundings.monotonicClock()
        try segment.file.syncData()
        let after = surroundings.monotonicClock()
        let first = nextSequence
        segment.end += Int64(group.bytes)
        nextSequence = frames.last?.nextSequence ?? nextSequence
        catalog.committed(limit: segment.end, through: nextSequence, mark: mark)
        return CommitSample(
            frames: frames.count,
            events: Int(nextSequence - first),
            bytes: group.bytes,
            writeSeconds: between - before,
            syncSeconds: after - between
        )
    }

    /// Goes on in a new segment; false when the disk has no room for one. All frames of the old one are on disk.
    private func roll() throws(SystemError) -> Bool {
        var prepared = takePrepared()
        if prepared == nil { prepared = try makeNow() }
        guard let prepared else { return false }
        let old = segment
        let header = SegmentHeader(
            identity: identity,
            firstSequence: nextSequence,
            createdAt: surroundings.wallClock(),
            epoch: UInt32(truncatingIfNeeded: surroundings.random())
        )
        let new = try OpenSegment.begin(prepared, header: header, directory: directory, disk: disk)
        // Only gives the rest of the old segment back; it is complete with or without it.
        try old?.file.truncate(to: old?.end ?? 0)
        segment = new
        catalog.begin(segment: nextSequence, limit: new.end)
        return true
    }

    private func makeNow() throws(SystemError) -> PreparedSegment? {
        guard try disk.freeBytes(directory) >= options.reserveBytes + Int64(options.segmentBytes) else { return nil }
        do throws(SystemError) {
            return try PreparedSegment.make(
                directory: directory,
                name: LogName.segmentFile(nextSequence) + ".tmp",
                bytes: options.segmentBytes,
                disk: disk
            )
        } catch {
            // Nothing was written yet: this is a full disk, not a broken one.
            guard error.number == ENOSPC || error.number == EDQUOT else { throw error }
            return nil
        }
    }
}

extension FrameDraft {
    /// Bytes it takes in a segment.
    var frameBytes: Int { FrameHeader.frameBytes(positions: positions, payload: payload.count) }
}
