internal import CPlatform

/// Reads one segment through a buffer of bounded size. Not for two threads at once.
final class SegmentReader {
    let path: String
    let firstSequence: UInt64
    let header: SegmentHeader.Reading
    /// Where the bytes end that may be read: the file's size, or for the segment being written what is synced.
    private(set) var limit: Int64

    private let file: File
    private let seed: UInt32
    private let epoch: UInt32?
    private let readBytes: Int
    private var buffer: ReadBuffer
    private var bufferStart: Int64 = 0
    private var bufferCount = 0

    /// What is at an offset where a frame should begin.
    enum HeaderStep {
        case header(FrameHeader)
        /// Only zeros where the header would be, or the end of what may be read.
        case end
        case bad(String)
    }

    /// What a frame's bytes are.
    enum FrameStep {
        case frame(Frame)
        case bad(String)
    }

    /// What a walk from frame to frame finds; `nothing` says why there is no frame.
    enum Step {
        case frame(Frame, FrameHeader)
        case nothing(String)
    }

    /// - Parameter limit: where to stop; nil for the whole file.
    init(
        directory: String,
        segment: UInt64,
        identity: LogIdentity,
        disk: any LogDisk,
        readBytes: Int,
        limit: Int64? = nil
    ) throws(SystemError) {
        path = directory + "/" + LogName.segmentFile(segment)
        firstSequence = segment
        file = try File(path, .reading, on: disk)
        self.limit = if let limit { limit } else { try file.size() }
        seed = FrameHeader.seed(identity: identity, segment: segment)
        self.readBytes = max(readBytes, SegmentHeader.byteCount)
        buffer = ReadBuffer(capacity: self.readBytes)
        let count = min(SegmentHeader.byteCount, buffer.bytes.count)
        let page = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
        let read = try file.read(into: page, at: 0)
        let reading = SegmentHeader.read(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(page)[..<read]))
        switch reading {
        case .header(let found) where found.identity != identity:
            header = .bad("the segment belongs to store \(found.identity), not to \(identity)")
            epoch = nil
        case .header(let found) where found.firstSequence != segment:
            header = .bad("the segment says its first event is \(found.firstSequence), not what its name says")
            epoch = nil
        case .header(let found):
            header = reading
            epoch = found.epoch
        case .version, .bad:
            header = reading
            epoch = nil
        }
    }

    /// The segment's header, or why it cannot be used.
    /// - Parameter next: the first sequence number of the segment after this one, for the error.
    func provenHeader(next: UInt64?) throws(EventLogError) -> SegmentHeader {
        switch header {
        case .header(let header): return header
        case .version(let version): throw .unsupportedVersion(file: path, version: version)
        case .bad(let reason):
            throw .damaged(
                LogDamage(file: path, offset: 0, firstSequence: firstSequence, nextSequence: next, reason: reason)
            )
        }
    }

    /// Lets the reader see more of a segment that has grown; nil for all of it, once it is complete.
    func extend(to limit: Int64?) throws(SystemError) {
        self.limit = if let limit { limit } else { try file.size() }
    }

    /// The bytes from an offset on, at least `count`; nil when there are not so many before the limit. Good until the
    /// next call.
    func bytes(at offset: Int64, count: Int) throws(EventLogError) -> UnsafeRawBufferPointer? {
        guard offset + Int64(count) <= limit else { return nil }
        if offset < bufferStart || offset + Int64(count) > bufferStart + Int64(bufferCount) {
            try fill(from: offset, atLeast: count)
        }
        let start = Int(offset - bufferStart)
        guard bufferCount - start >= count else { return nil }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer.bytes)[start..<bufferCount])
    }

    /// The header at an offset.
    func header(at offset: Int64) throws(EventLogError) -> HeaderStep {
        guard let bytes = try bytes(at: offset, count: FrameHeader.byteCount) else {
            let rest = Int(max(0, min(limit - offset, Int64(FrameHeader.byteCount))))
            guard rest > 0, let bytes = try bytes(at: offset, count: rest) else { return .end }
            return bytes.prefix(rest).allSatisfy { $0 == 0 } ? .end : .bad("the file ends within a frame header")
        }
        if let header = FrameHeader.read(bytes, seed: seed) {
            if let epoch, header.epoch != epoch { return .bad("the frame was left by an earlier file of this name") }
            return .header(header)
        }
        let isZero = bytes.prefix(FrameHeader.byteCount).allSatisfy { $0 == 0 }
        return isZero ? .end : .bad("these bytes are not a frame header of this segment")
    }

    /// The whole frame at an offset, its checksum proved.
    func frame(at offset: Int64, header: FrameHeader) throws(EventLogError) -> FrameStep {
        let length = Int(header.length)
        guard let bytes = try bytes(at: offset, count: length) else { return .bad("the file ends within a frame") }
        guard bytes.get(UInt32.self, at: 4) == meterd_crc32c(seed, bytes.baseAddress?.advanced(by: 8), length - 8)
        else {
            return .bad("the frame's checksum is wrong")
        }
        let positions = UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount..<header.payloadOffset])
        guard let positions = positions.isEmpty ? [] : FrameHeader.readPositions(positions) else {
            return .bad("the frame's source positions cannot be read")
        }
        let payload = bytes[header.payloadOffset..<(header.payloadOffset + header.payloadBytes)]
        return .frame(
            Frame(
                firstSequence: header.firstSequence,
                kind: header.kind,
                origin: header.origin,
                count: header.count,
                arrival: header.arrival,
                positions: positions,
                payload: UnsafeRawBufferPointer(rebasing: payload),
                owner: buffer
            )
        )
    }

    /// The frame at an offset, when it is whole and the one that should be there.
    func step(at offset: Int64, expecting sequence: UInt64) throws(EventLogError) -> Step {
        switch try header(at: offset) {
        case .end: return .nothing("there are no bytes of a frame here")
        case .bad(let reason): return .nothing(reason)
        case .header(let header) where header.firstSequence != sequence:
            return .nothing("the frame of event \(header.firstSequence) stands where event \(sequence) should be")
        case .header(let header):
            switch try frame(at: offset, header: header) {
            case .frame(let frame): return .frame(frame, header)
            case .bad(let reason): return .nothing(reason)
            }
        }
    }

    /// Copies bytes as they are, for a repair or a torn copy; fewer when the file ends.
    func copy(from offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try file.read(into: target, at: offset)
    }

    private func fill(from offset: Int64, atLeast count: Int) throws(EventLogError) {
        let wanted = max(count, Int(min(Int64(readBytes), limit - offset)))
        // A frame handed out still points into the buffer: it keeps that one, and the next bytes go into a new one.
        if buffer.bytes.count < wanted || !isKnownUniquelyReferenced(&buffer) {
            buffer = ReadBuffer(capacity: max(wanted, readBytes))
        }
        bufferStart = offset
        bufferCount = 0
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<wanted])
        do throws(SystemError) { bufferCount = try file.read(into: target, at: offset) } catch { throw .system(error) }
    }
}
