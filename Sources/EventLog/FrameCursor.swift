/// Reads frames in order, each proved by its checksum, only those that are on disk; safe beside the running writer.
///
/// It holds one segment open and one buffer of `LogOptions.readBytes`, larger only for a larger frame. A frame's payload
/// points into that buffer: as long as a frame's `owner` is held, the buffer is, and the cursor goes on in a new one.
/// Not for two threads at once.
public final class FrameCursor {
    private let directory: String
    private let identity: LogIdentity
    private let disk: any LogDisk
    private let catalog: SegmentCatalog
    private let readBytes: Int

    /// Frames that end at or below this are passed over.
    private var wanted: UInt64
    /// The first sequence number of the frame at `offset`.
    private var expected: UInt64
    private var offset: Int64 = 0
    private var reader: SegmentReader?
    private var lastMark: Int64 = 0

    init(
        directory: String,
        identity: LogIdentity,
        disk: any LogDisk,
        catalog: SegmentCatalog,
        readBytes: Int,
        from sequence: UInt64
    ) {
        self.directory = directory
        self.identity = identity
        self.disk = disk
        self.catalog = catalog
        self.readBytes = readBytes
        wanted = max(sequence, catalog.firstSequence)
        expected = wanted
    }

    /// The next frame; nil when everything that is on disk was read. More may come later: asking again then gives it.
    ///
    /// Throws `.damaged` where bytes that were on disk cannot be read, and `.noLongerKept` when retention deleted the
    /// segment before the cursor came to it.
    public func next() throws(EventLogError) -> Frame? {
        try next { _ in true }
    }

    /// The next frame that is wanted, by what its header says; of the others only the header is read and proved.
    public func next(where isWanted: (FrameSummary) -> Bool) throws(EventLogError) -> Frame? {
        while expected < catalog.syncedThrough {
            guard let reader else {
                try seek(expected)
                continue
            }
            guard case .header(let header) = try reader.header(at: offset), header.firstSequence == expected,
                header.nextSequence <= wanted || !isWanted(FrameSummary(header))
            else {
                guard let frame = try frame(in: reader) else { continue }
                return frame
            }
            pass(header, in: reader)
        }
        return nil
    }

    /// Goes on with the frame that holds a later sequence number; frames before it are passed over, far ones without
    /// being touched. Nothing happens for one that the cursor has passed.
    public func skip(to sequence: UInt64) {
        guard sequence > expected else { return }
        wanted = sequence
        guard let reader, let place = catalog.place(of: sequence), place.segment == reader.firstSequence,
            place.mark.offset <= offset
        else {
            reader = nil
            expected = sequence
            return
        }
    }

    private func frame(in reader: SegmentReader) throws(EventLogError) -> Frame? {
        switch try reader.step(at: offset, expecting: expected) {
        case .frame(let frame, let header):
            pass(header, in: reader)
            return frame
        case .nothing(let reason):
            try goOn(after: reader, reason: reason)
            return nil
        }
    }

    private func pass(_ header: FrameHeader, in reader: SegmentReader) {
        if offset - lastMark >= SegmentMark.spacing {
            catalog.note(SegmentMark(sequence: expected, offset: offset), in: reader.firstSequence)
            lastMark = offset
        }
        offset += Int64(header.length)
        expected = header.nextSequence
    }

    /// Opens the segment that holds a sequence number, at the nearest mark below it.
    private func seek(_ sequence: UInt64) throws(EventLogError) {
        guard let place = catalog.place(of: sequence), place.segment >= catalog.firstSequence else {
            throw .noLongerKept(sequence: sequence, first: catalog.firstSequence)
        }
        do throws(SystemError) {
            let reader = try SegmentReader(
                directory: directory,
                segment: place.segment,
                identity: identity,
                disk: disk,
                readBytes: readBytes,
                limit: place.limit
            )
            try accept(reader, at: place)
        } catch {
            // Retention takes a segment out of the catalog before it removes the file.
            guard error.isMissing, catalog.firstSequence > sequence else { throw .system(error) }
            throw .noLongerKept(sequence: sequence, first: catalog.firstSequence)
        }
        _ = try reader?.provenHeader(next: place.nextSegment)
    }

    private func accept(_ reader: SegmentReader, at place: SegmentCatalog.Place) throws(SystemError) {
        self.reader = reader
        offset = place.mark.offset
        expected = place.mark.sequence
        lastMark = place.mark.offset
    }

    /// There is no frame where the cursor stands. The segment grew, or it ended and another one goes on, or a repair gave
    /// the events up, or they were lost.
    private func goOn(after reader: SegmentReader, reason: String) throws(EventLogError) {
        let after = catalog.afterGaps(expected)
        if after > expected, after >= catalog.syncedThrough {
            // The log ends with what was given up; what is written from now on follows it.
            expected = after
            return
        }
        guard let place = catalog.place(of: after) else {
            throw .noLongerKept(sequence: expected, first: catalog.firstSequence)
        }
        if place.segment != reader.firstSequence {
            // A complete segment ends where the next one begins, unless what is between was given up.
            guard after == place.segment || after > expected else {
                throw damage(reader, next: place.segment, reason: reason)
            }
            return try seek(after)
        }
        let grown = place.limit.map { $0 > reader.limit && offset >= reader.limit } ?? false
        if grown || (place.limit == nil && offset >= reader.limit) {
            let before = reader.limit
            try system { () throws(SystemError) in try reader.extend(to: place.limit) }
            if reader.limit > before { return }
        }
        let next = try reader.searchRest(behind: offset, from: after, stopAtNext: true).next
        if after > expected, let next, next.header.firstSequence == after {
            offset = next.offset
            expected = after
        } else {
            throw damage(reader, next: next?.header.firstSequence ?? place.nextSegment, reason: reason)
        }
    }

    private func damage(_ reader: SegmentReader, next: UInt64?, reason: String) -> EventLogError {
        .damaged(
            LogDamage(
                file: reader.path,
                offset: offset,
                firstSequence: expected,
                nextSequence: next,
                reason: reason
            )
        )
    }
}
