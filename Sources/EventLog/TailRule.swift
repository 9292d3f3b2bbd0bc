// The end of the last segment: torn, or damaged?
//
// A group commit writes several frames with one call and one sync. Until the sync returns, the disk may keep any of its
// sectors and drop any other. So a frame that cannot be read proves nothing by itself; what decides is whether a later
// frame says that it had been on disk. Each frame carries `syncedThrough`, the first sequence number that was not yet on
// disk when the frame was written; all frames of one commit carry the same.
//
// Example. Frames A (events 0-9), B (10-19), C (20-29) and D (30-39).
//
//   1. The writer takes A and B, both with syncedThrough 0, writes, syncs, and acks them.
//   2. It takes C and D, both with syncedThrough 20, and writes. The power fails before the sync returns.
//   3. On disk: A, B, half of C, all of D. Sectors reach the disk in any order.
//   4. At start C cannot be read. Behind it D can, and says 20: everything below 20 was on disk, C (20) not among it. So C
//      was never acked. Neither was D, though it is whole: it is given up too, or its events would follow a hole. What
//      is behind B is copied to a .torn file, cut off, and the log goes on with event 20.
//
//   The same with B unreadable instead of C, all else whole: behind B there are C and D, and they say 20. B (10) was on
//   disk and acked. Its bytes were damaged later: nothing is cut off, and the log does not open.
//
//   Had only C been whole behind step 3's crash (D lost), nothing would be behind C but zeros: C is kept although it was
//   never acked. The sender sends it again, and the dedupe window keeps it from counting twice. C is written once more
//   and synced before it counts as durable: after a failed fsync the page cache shows bytes the disk does not have.
//
// A segment is made only when everything before it is on disk, so in all but the last segment a frame that cannot be
// read is always damage, and in the last one everything below its first event was synced.

/// What stands at the end of the last segment.
struct TailFinding: Sendable {
    /// Where the next frame would go: the end of the last whole frame.
    var end: Int64
    /// The sequence number of the next event.
    var nextSequence: UInt64
    /// Frames from here to `end` are whole, but no later frame says they were synced.
    var uncertainFrom: Int64
    /// Where the bytes behind `end` that belong to no frame stop; `end` when there are none.
    var tornEnd: Int64
    /// Sequence numbers and offsets of some of the frames, ascending: where a reader may begin.
    var marks: [SegmentMark] = []
    var frames = 0
    var events: UInt64 = 0
}

/// A frame's place in its segment.
struct SegmentMark: Hashable, Sendable {
    /// Bytes between two marks that are kept.
    static let spacing: Int64 = 1 << 20

    var sequence: UInt64
    var offset: Int64
}

enum TailRule {
    /// Reads the last segment to its end. Throws `.damaged` when a frame that was synced cannot be read.
    static func examine(_ reader: SegmentReader, listing: LogListing) throws(EventLogError) -> TailFinding {
        _ = try reader.provenHeader(next: nil)
        let start = Int64(SegmentHeader.byteCount)
        var finding = TailFinding(
            end: start,
            nextSequence: reader.firstSequence,
            uncertainFrom: start,
            tornEnd: start
        )
        var claimed = reader.firstSequence
        while true {
            switch try reader.step(at: finding.end, expecting: finding.nextSequence) {
            case .frame(let frame, let header):
                if header.syncedThrough > claimed {
                    claimed = header.syncedThrough
                    finding.uncertainFrom = finding.end
                }
                finding.take(frame, header: header)
            case .nothing(let reason):
                let after = listing.afterGaps(finding.nextSequence)
                let rest = try reader.searchRest(behind: finding.end, from: after)
                if after > finding.nextSequence {
                    // A repair gave these events up; what is behind them goes on, or there is nothing behind them.
                    finding.nextSequence = after
                    guard let next = rest.next, next.header.firstSequence == after else {
                        finding.tornEnd = rest.end
                        return finding
                    }
                    finding.end = next.offset
                    continue
                }
                guard rest.claimed <= finding.nextSequence else {
                    throw .damaged(
                        LogDamage(
                            file: reader.path,
                            offset: finding.end,
                            firstSequence: finding.nextSequence,
                            nextSequence: rest.next?.header.firstSequence,
                            reason: reason
                        )
                    )
                }
                finding.tornEnd = rest.end
                return finding
            }
        }
    }
}

extension TailFinding {
    fileprivate mutating func take(_ frame: Frame, header: FrameHeader) {
        if marks.last.map({ end - $0.offset >= SegmentMark.spacing }) ?? true {
            marks.append(SegmentMark(sequence: header.firstSequence, offset: end))
        }
        frames += 1
        events += UInt64(frame.count)
        end += Int64(header.length)
        tornEnd = end
        nextSequence = frame.nextSequence
    }
}
