// A repair, and the crash in the middle of it.
//
// Each step leaves a directory that a second repair can go on from. Events are given up by recording the gap first: a log
// whose events are gone and whose gap is not recorded would give their sequence numbers to other events. A file that is
// taken away gets its second name in `removed-…`, durable, before it loses its first.

/// Carries out an operator's decision. The directory's lock is held by the caller.
struct LogRepair {
    private static let copyBytes = 1 << 20

    let directory: String
    let surroundings: LogSurroundings
    let found: VerifyReport
    private var disk: any LogDisk { surroundings.disk }

    init(directory: String, surroundings: LogSurroundings, found: VerifyReport) {
        self.directory = directory
        self.surroundings = surroundings
        self.found = found
    }

    func carryOut(_ decision: RepairDecision) throws(EventLogError) -> RepairReport {
        var report = RepairReport()
        if decision == .skipDamage, let stubborn = found.damage.first(where: { $0.nextSequence == nil }) {
            // Two segments claim the same numbers: which of them is right, no rule can say.
            throw .damaged(stubborn)
        }
        do throws(SystemError) {
            if let problem = found.identityProblem { try restoreIdentity(problem, &report) }
            switch decision {
            case .skipDamage:
                for segment in found.segments { try skip(segment, &report) }
            case .truncateAtDamage:
                if let index = found.segments.firstIndex(where: { !$0.damage.isEmpty }) {
                    try truncate(at: index, &report)
                }
            }
            try disk.syncDirectory(directory)
        } catch {
            throw .system(error)
        }
        return report
    }

    private func restoreIdentity(_ problem: String, _ report: inout RepairReport) throws(SystemError) {
        if try disk.list(directory).contains(LogName.metaFile) {
            try keepCopy(of: LogName.metaFile, &report)
        }
        try LogMeta(identity: found.identity, created: surroundings.wallClock()).write(in: directory, on: disk)
        report.actions.append("\(LogName.metaFile): \(problem); made again with the identity the segments have")
    }

    // MARK: Skip

    private func skip(_ segment: SegmentReport, _ report: inout RepairReport) throws(SystemError) {
        for damage in segment.damage {
            guard let next = damage.nextSequence else { continue }
            if next > damage.firstSequence {
                try recordGap(damage.firstSequence..<next, &report)
            }
        }
        guard segment.damage.contains(where: { $0.offset == 0 }) else { return }
        let name = LogName.segmentFile(segment.firstSequence)
        try keepCopy(of: name, &report)
        if segment.frames > 0 {
            try rewriteHeader(segment)
            report.actions.append("\(segment.file): the header was written anew, the old file is kept")
        } else {
            try disk.remove(segment.file)
            report.actions.append("\(segment.file): nothing in it can be read; taken away, the file is kept")
        }
    }

    /// A header like the lost one. Its date is that of the segment after it: retention and searches by time may then take
    /// the segment for younger than it is, never for older.
    private func rewriteHeader(_ segment: SegmentReport) throws(SystemError) {
        let name = LogName.segmentFile(segment.firstSequence)
        let epoch = try epoch(of: segment)
        let header = SegmentHeader(
            identity: found.identity,
            firstSequence: segment.firstSequence,
            createdAt: try date(after: segment),
            epoch: epoch
        )
        try copy(segment.file, to: name, bytes: segment.bytes, header: header)
    }

    private func epoch(of segment: SegmentReport) throws(SystemError) -> UInt32 {
        let file = try File(segment.file, .reading, on: disk)
        let seed = FrameHeader.seed(identity: found.identity, segment: segment.firstSequence)
        let buffer = ReadBuffer(capacity: Self.copyBytes)
        var at = Int64(SegmentHeader.byteCount)
        while at < segment.bytes {
            let read = try file.read(into: buffer.bytes, at: at)
            let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer.bytes)[..<read])
            var offset = 0
            while offset + FrameHeader.byteCount <= read {
                let candidate = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                if let header = FrameHeader.read(candidate, seed: seed) { return header.epoch }
                offset += FrameHeader.alignment
            }
            guard read == Self.copyBytes else { break }
            // Headers that straddle two reads are seen whole by the second.
            at += Int64(read - FrameHeader.byteCount + FrameHeader.alignment)
        }
        return 0
    }

    private func date(after segment: SegmentReport) throws(SystemError) -> Int64 {
        for later in found.segments where later.firstSequence > segment.firstSequence {
            var page = [UInt8](repeating: 0, count: SegmentHeader.byteCount)
            let file = try File(later.file, .reading, on: disk)
            _ = try file.readAll(into: &page)
            if case .header(let header) = page.withUnsafeBytes({ SegmentHeader.read($0) }) { return header.createdAt }
        }
        return surroundings.wallClock()
    }

    // MARK: Truncate

    private func truncate(at index: Int, _ report: inout RepairReport) throws(SystemError) {
        let segment = found.segments[index]
        guard let damage = segment.damage.first else { return }
        let end = found.segments[index...].map(\.nextSequence).max() ?? damage.firstSequence
        let next = max(end, damage.nextSequence ?? end)
        if next > damage.firstSequence { try recordGap(damage.firstSequence..<next, &report) }
        for later in found.segments[(index + 1)...].reversed() { try takeAway(later, &report) }
        guard damage.offset > 0 else { return try takeAway(segment, &report) }
        let name = LogName.segmentFile(segment.firstSequence)
        try keepCopy(of: name, &report)
        try copy(segment.file, to: name, bytes: damage.offset, header: nil)
        report.actions.append("\(segment.file): cut off at offset \(damage.offset), the whole file is kept")
    }

    private func takeAway(_ segment: SegmentReport, _ report: inout RepairReport) throws(SystemError) {
        try keepCopy(of: LogName.segmentFile(segment.firstSequence), &report)
        try disk.remove(segment.file)
        try disk.syncDirectory(directory)
        report.actions.append("\(segment.file): taken away, the file is kept")
    }

    // MARK: Steps

    private func recordGap(_ gap: Range<UInt64>, _ report: inout RepairReport) throws(SystemError) {
        let text =
            "events \(gap.lowerBound) to \(gap.upperBound - 1) were given up by a repair at \(surroundings.wallClock())\n"
        try disk.writeWhole(
            Array(text.utf8),
            directory: directory,
            name: LogName.gapFile(from: gap.lowerBound, to: gap.upperBound)
        )
        report.gaps.append(gap)
        report.actions.append("events \(gap.lowerBound) to \(gap.upperBound - 1) are given up, and recorded as such")
    }

    /// A second name for the file, where it stays.
    private func keepCopy(of name: String, _ report: inout RepairReport) throws(SystemError) {
        let removed: String
        if let known = report.removed {
            removed = known
        } else {
            removed = directory + "/removed-\(surroundings.wallClock())"
            try disk.makeDirectory(removed)
            try disk.syncDirectory(directory)
            report.removed = removed
        }
        try disk.link(directory + "/" + name, to: removed + "/" + name)
        try disk.syncDirectory(removed)
    }

    /// Puts a copy of a file's first bytes in its place, whole or not at all. The old file lives on under its second name.
    private func copy(_ path: String, to name: String, bytes: Int64, header: SegmentHeader?) throws(SystemError) {
        let temporary = directory + "/" + name + ".tmp"
        do throws(SystemError) { try disk.remove(temporary) } catch  where error.isMissing {}
        let source = try File(path, .reading, on: disk)
        let target = try File(temporary, .creating, on: disk)
        let buffer = ReadBuffer(capacity: Self.copyBytes)
        var at: Int64 = 0
        while at < bytes {
            let count = Int(min(bytes - at, Int64(Self.copyBytes)))
            let read = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count]), at: at)
            if read == 0 { break }
            try target.write(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<read]), at: at)
            at += Int64(read)
        }
        if let header { try target.writeAll(header.encoded(), at: 0) }
        try target.sync()
        try disk.rename(temporary, to: directory + "/" + name)
        try disk.syncDirectory(directory)
    }
}
