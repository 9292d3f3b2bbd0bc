internal import Glibc

/// What opening the log found, and what it put right.
public struct LogRecovery: Sendable, Hashable {
    /// The oldest sequence number kept.
    public var firstSequence: UInt64
    /// The sequence number the next event will get.
    public var nextSequence: UInt64
    /// Segments in the directory.
    public var segments: Int
    /// What a torn write had left, when there was something.
    public var torn: TornTail?
    /// What earlier repairs gave up: ranges of sequence numbers that have no events.
    public var gaps: [Range<UInt64>]
}

/// The bytes of a write that a crash tore; none of it was acknowledged.
public struct TornTail: Sendable, Hashable {
    /// The segment's path.
    public var file: String
    /// Where in it they began.
    public var offset: Int64
    /// How many bytes there were.
    public var bytes: Int64
    /// Where the copy is; nil while nothing was done about it yet.
    public var copy: String?
}

/// What opening hands to the writer and the readers.
struct RecoveredLog {
    var identity: LogIdentity
    var listing: LogListing
    var recovery: LogRecovery
    /// Marks of the last segment.
    var marks: [SegmentMark] = []
}

/// Brings a directory, as a crash may have left it, into the state the writer starts from: every frame in it is whole and
/// on disk, and nothing is behind the last one.
struct LogOpening {
    /// Bytes moved at once while copying.
    private static let copyBytes = 1 << 20
    /// Torn copies kept of one place, so that a machine that crashes again and again does not fill its disk with them.
    private static let tornCopies = 16

    let directory: String
    let surroundings: LogSurroundings
    let readBytes: Int
    private var disk: any LogDisk { surroundings.disk }

    init(directory: String, surroundings: LogSurroundings, readBytes: Int) {
        self.directory = directory
        self.surroundings = surroundings
        self.readBytes = readBytes
    }

    /// Does it. The directory's lock is held by the caller.
    func recover(identity wanted: LogIdentity?) throws(EventLogError) -> RecoveredLog {
        let listing = try system { () throws(SystemError) in try LogListing(of: directory, on: disk) }
        let identity = try settleIdentity(wanted, listing: listing)
        try system { () throws(SystemError) in
            for name in listing.temporary {
                // Making log.meta anew has used up what a crash had left of it.
                do throws(SystemError) { try disk.remove(path(name)) } catch  where error.isMissing {}
            }
            // The last segment's name may not be durable yet: a crash can come between its rename and this.
            try disk.syncDirectory(directory)
        }
        let first = listing.segments.first ?? listing.afterGaps(0)
        var recovered = RecoveredLog(
            identity: identity,
            listing: listing,
            recovery: LogRecovery(
                firstSequence: first,
                nextSequence: first,
                segments: listing.segments.count,
                torn: nil,
                gaps: listing.gaps.sorted { $0.key < $1.key }.map { $0.key..<$0.value }
            )
        )
        guard let last = listing.segments.last else { return recovered }
        let finding: TailFinding
        do {
            let reader = try open(last, identity: identity)
            finding = try TailRule.examine(reader, listing: listing)
            if finding.tornEnd > finding.end {
                recovered.recovery.torn = try keepTorn(reader, segment: last, finding: finding)
            }
        }
        try system { () throws(SystemError) in try settleTail(last, finding: finding) }
        recovered.recovery.nextSequence = finding.nextSequence
        recovered.marks = finding.marks
        return recovered
    }

    private func path(_ name: String) -> String { directory + "/" + name }

    private func open(_ segment: UInt64, identity: LogIdentity) throws(EventLogError) -> SegmentReader {
        try system { () throws(SystemError) in
            try SegmentReader(
                directory: directory,
                segment: segment,
                identity: identity,
                disk: disk,
                readBytes: readBytes
            )
        }
    }

    private func settleIdentity(_ wanted: LogIdentity?, listing: LogListing) throws(EventLogError) -> LogIdentity {
        if !listing.hasMeta, listing.segments.isEmpty {
            let identity = wanted ?? LogIdentity(high: surroundings.random(), low: surroundings.random())
            try system { () throws(SystemError) in
                try LogMeta(identity: identity, created: surroundings.wallClock()).write(in: directory, on: disk)
            }
            return identity
        }
        let found = try LogMeta.read(in: directory, on: disk).identity
        if let wanted, wanted != found {
            throw .foreign(path: path(LogName.metaFile), expected: wanted, found: found)
        }
        return found
    }

    /// Copies what is behind the last frame to a file of its own, durable before anything is cut off.
    private func keepTorn(
        _ reader: SegmentReader,
        segment: UInt64,
        finding: TailFinding
    ) throws(EventLogError) -> TornTail {
        let taken = try system { () throws(SystemError) in Set(try disk.list(directory)) }
        let copies = (0..<Self.tornCopies).lazy.map {
            LogName.tornFile(segment: segment, offset: finding.end, copy: $0)
        }
        let name = copies.first { !taken.contains($0) } ?? copies[Self.tornCopies - 1]
        try system { () throws(SystemError) in
            try copy(reader, from: finding.end, to: finding.tornEnd, name: name)
        }
        return TornTail(
            file: reader.path,
            offset: finding.end,
            bytes: finding.tornEnd - finding.end,
            copy: path(name)
        )
    }

    private func copy(
        _ reader: SegmentReader,
        from start: Int64,
        to end: Int64,
        name: String
    ) throws(SystemError) {
        let temporary = path(name) + ".tmp"
        let target = try File(temporary, .creating, on: disk)
        let buffer = ReadBuffer(capacity: Self.copyBytes)
        var at = start
        while at < end {
            let count = Int(min(end - at, Int64(Self.copyBytes)))
            let read = try reader.copy(from: at, into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count]))
            if read == 0 { break }
            try target.write(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<read]), at: at - start)
            at += Int64(read)
        }
        try target.sync()
        try disk.rename(temporary, to: path(name))
        try disk.syncDirectory(directory)
    }

    /// Writes the frames nobody vouches for once more, cuts off what is behind the last frame, and syncs: what reads as
    /// whole is then on disk, and no byte behind it will ever look like a frame.
    private func settleTail(_ segment: UInt64, finding: TailFinding) throws(SystemError) {
        let file = try File(path(LogName.segmentFile(segment)), .writing, on: disk)
        let buffer = ReadBuffer(capacity: Self.copyBytes)
        var at = finding.uncertainFrom
        while at < finding.end {
            let count = Int(min(finding.end - at, Int64(Self.copyBytes)))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
            // The same bytes in the same place: a crash in the middle changes nothing.
            guard try file.read(into: part, at: at) == count else {
                throw SystemError(call: "pread", path: file.path, number: EIO)
            }
            try file.write(UnsafeRawBufferPointer(part), at: at)
            at += Int64(count)
        }
        try file.truncate(to: finding.end)
        try file.sync()
    }
}

/// Runs calls that throw `SystemError` where the log's own error is wanted.
func system<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(EventLogError) -> Value {
    do throws(SystemError) { return try body() } catch { throw .system(error) }
}
