/// Reads one segment from end to end, over damage too.
struct SegmentWalk {
    private let reader: SegmentReader
    private let listing: LogListing
    private let nextSegment: UInt64?
    private var report: SegmentReport
    private var offset = Int64(SegmentHeader.byteCount)
    private var expected: UInt64

    /// - Parameter nextSegment: the first sequence number of the segment after it; nil for the last segment.
    init(reader: SegmentReader, listing: LogListing, nextSegment: UInt64?) {
        self.reader = reader
        self.listing = listing
        self.nextSegment = nextSegment
        expected = reader.firstSequence
        report = SegmentReport(
            file: reader.path,
            bytes: reader.limit,
            firstSequence: reader.firstSequence,
            nextSequence: expected
        )
    }

    mutating func run() throws(EventLogError) -> SegmentReport {
        switch reader.header {
        case .header: break
        case .version(let version): throw .unsupportedVersion(file: reader.path, version: version)
        case .bad(let reason): addDamage(at: 0, next: expected, reason: reason)
        }
        var isDone = false
        while !isDone {
            switch try reader.step(at: offset, expecting: expected) {
            case .frame(let frame, let header): take(frame, header)
            case .nothing(let reason): isDone = try !goOn(reason)
            }
        }
        report.nextSequence = expected
        return report
    }

    private mutating func take(_ frame: Frame, _ header: FrameHeader) {
        report.frames += 1
        report.events += UInt64(frame.count)
        let arrivals = report.arrivals ?? frame.arrival...frame.arrival
        report.arrivals = min(arrivals.lowerBound, frame.arrival)...max(arrivals.upperBound, frame.arrival)
        offset += Int64(header.length)
        expected = frame.nextSequence
    }

    /// There is no frame at `offset`. Finds where to go on; false at the segment's end.
    private mutating func goOn(_ reason: String) throws(EventLogError) -> Bool {
        if let nextSegment, expected >= nextSegment {
            if expected > nextSegment {
                addDamage(at: offset, next: nil, reason: "its events reach into the next segment, \(nextSegment)")
            }
            return false
        }
        let after = listing.afterGaps(expected, before: nextSegment ?? .max)
        if let nextSegment, after > expected, after >= nextSegment {
            expected = after
            if after > nextSegment {
                addDamage(
                    at: offset,
                    next: nil,
                    reason: "a repair gave up the next segment, \(nextSegment), yet it is there"
                )
            }
            return false
        }
        let rest = try reader.searchRest(behind: offset, from: after)
        if after > expected {
            expected = after
            if let next = rest.next, next.header.firstSequence == after {
                offset = next.offset
                return true
            }
        }
        guard let nextSegment else { return tail(rest, reason: reason) }
        addDamage(at: offset, next: rest.next?.header.firstSequence ?? nextSegment, reason: reason)
        return jump(to: rest)
    }

    /// The last segment: torn when no later frame says that the one that is missing was on disk (TailRule.swift).
    private mutating func tail(_ rest: SegmentRest, reason: String) -> Bool {
        if rest.claimed > expected {
            addDamage(at: offset, next: rest.next?.header.firstSequence, reason: reason)
            return jump(to: rest)
        }
        if rest.end > offset {
            report.tornTail = TornTail(file: reader.path, offset: offset, bytes: rest.end - offset, copy: nil)
        }
        return false
    }

    private mutating func jump(to rest: SegmentRest) -> Bool {
        guard let next = rest.next else {
            if let nextSegment { expected = nextSegment }
            return false
        }
        offset = next.offset
        expected = next.header.firstSequence
        return true
    }

    private mutating func addDamage(at offset: Int64, next: UInt64?, reason: String) {
        report.damage.append(
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
