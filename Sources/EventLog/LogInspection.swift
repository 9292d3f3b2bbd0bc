/// What `meterd log verify` and `meterd log repair` do: on a stopped store, or on a copy of one.
public enum LogInspection {
    /// Bytes read at once.
    static let readBytes = 4 << 20

    /// Reads every byte of the log and reports what is there. Changes nothing; takes the directory's lock while it reads.
    ///
    /// - Throws: `.locked` while a daemon runs, `.identityUnreadable` when neither `log.meta` nor any segment says whose log
    ///   it is, `.unsupportedVersion`, `.system`. Damage is in the report, not thrown.
    public static func verify(
        directory: String,
        surroundings: LogSurroundings = LogSurroundings()
    ) throws(EventLogError) -> VerifyReport {
        let lock = try lockExisting(directory, disk: surroundings.disk)
        defer { _ = lock.descriptor }
        return try inspect(directory, disk: surroundings.disk)
    }

    /// Does what the operator decided about the damage `verify` reports. What it takes away is kept in a directory
    /// `removed-…` in the log's own; events that are given up are recorded, so that the log opens again.
    ///
    /// - Throws: as `verify`; `.damaged` when the decision cannot be carried out, before anything is changed.
    public static func repair(
        directory: String,
        decision: RepairDecision,
        surroundings: LogSurroundings = LogSurroundings()
    ) throws(EventLogError) -> RepairReport {
        let lock = try lockExisting(directory, disk: surroundings.disk)
        defer { _ = lock.descriptor }
        let report = try inspect(directory, disk: surroundings.disk)
        let repair = LogRepair(directory: directory, surroundings: surroundings, found: report)
        return try repair.carryOut(decision)
    }

    private static func lockExisting(_ directory: String, disk: any LogDisk) throws(EventLogError) -> File {
        do throws(SystemError) { return try File(locking: directory, on: disk) } catch {
            throw error.call == "flock" && error.isWouldBlock ? .locked(directory: directory) : .system(error)
        }
    }

    private static func inspect(_ directory: String, disk: any LogDisk) throws(EventLogError) -> VerifyReport {
        let listing = try system { () throws(SystemError) in try LogListing(of: directory, on: disk) }
        let (identity, problem) = try identity(of: directory, listing: listing, disk: disk)
        var report = VerifyReport(
            directory: directory,
            identity: identity,
            identityProblem: problem,
            gaps: listing.gaps.sorted { $0.key < $1.key }.map { $0.key..<$0.value }
        )
        for (index, segment) in listing.segments.enumerated() {
            let next = index + 1 < listing.segments.count ? listing.segments[index + 1] : nil
            let reader = try system { () throws(SystemError) in
                try SegmentReader(
                    directory: directory,
                    segment: segment,
                    identity: identity,
                    disk: disk,
                    readBytes: readBytes
                )
            }
            var walk = SegmentWalk(reader: reader, listing: listing, nextSegment: next)
            report.segments.append(try walk.run())
        }
        return report
    }

    /// From `log.meta`, or when that cannot be read from the first segment header that can.
    private static func identity(
        of directory: String,
        listing: LogListing,
        disk: any LogDisk
    ) throws(EventLogError) -> (LogIdentity, String?) {
        do throws(EventLogError) {
            return (try LogMeta.read(in: directory, on: disk).identity, nil)
        } catch {
            guard case .identityUnreadable(_, let reason) = error else { throw error }
            for segment in listing.segments {
                var page = [UInt8](repeating: 0, count: SegmentHeader.byteCount)
                try system { () throws(SystemError) in
                    let file = try File(directory + "/" + LogName.segmentFile(segment), .reading, on: disk)
                    _ = try file.readAll(into: &page)
                }
                if case .header(let header) = page.withUnsafeBytes({ SegmentHeader.read($0) }) {
                    return (header.identity, reason)
                }
            }
            throw error
        }
    }
}

/// All that is known of a log.
public struct VerifyReport: Sendable, Hashable {
    /// The log's directory.
    public var directory: String
    /// Whose log it is.
    public var identity: LogIdentity
    /// Why `log.meta` cannot be read; the identity is then a segment's.
    public var identityProblem: String?
    /// Sequence numbers earlier repairs gave up.
    public var gaps: [Range<UInt64>]
    /// The segments, oldest first.
    public var segments: [SegmentReport] = []

    /// All damage, in the order of the events.
    public var damage: [LogDamage] { segments.flatMap(\.damage) }
    /// The log opens and every event it should hold can be read. A torn tail is no damage.
    public var isSound: Bool { damage.isEmpty && identityProblem == nil }
}

/// What is known of one segment.
public struct SegmentReport: Sendable, Hashable {
    /// Its path.
    public var file: String
    /// Its size.
    public var bytes: Int64
    /// Whole frames in it.
    public var frames: Int = 0
    /// Their events.
    public var events: UInt64 = 0
    /// The first sequence number.
    public var firstSequence: UInt64
    /// The sequence number after the last event.
    public var nextSequence: UInt64
    /// The earliest and the latest arrival, µs since 1970; nil without frames.
    public var arrivals: ClosedRange<Int64>?
    /// What a torn write left; opening the log copies it away and cuts it off. Only the last segment has one.
    public var tornTail: TornTail?
    /// What was on disk and cannot be read.
    public var damage: [LogDamage] = []
}

/// What the operator wants done about damage.
public enum RepairDecision: Sendable, Hashable {
    /// Keep what is before the first damage and nothing after it.
    case truncateAtDamage
    /// Keep everything that can be read and give up only what cannot.
    case skipDamage
}

/// What a repair did.
public struct RepairReport: Sendable, Hashable {
    /// One sentence for each thing done, in order; empty when there was nothing to repair.
    public var actions: [String] = []
    /// Sequence numbers given up.
    public var gaps: [Range<UInt64>] = []
    /// Where the things taken away are; nil when nothing was.
    public var removed: String?
}
