import CloudEvents
public import Metering
import Synchronization
import UsageStore

extension Engine {
    /// Sequence numbers that are read at once for today's counts.
    private static let todayStep: UInt64 = 1 << 22

    /// Events whose own time is in the current UTC day, duplicates aside, by subject in the order of its bytes; `others`
    /// are those of further subjects, when there are more than 10,000.
    ///
    /// The counts go on from the call before: each event is read once. Corrections do not change them.
    /// - Throws: `QueryError`.
    public func eventsToday() async throws -> (day: LocalDay, bySubject: [(subject: String, count: Int)], others: Int) {
        try await waitForApply()
        let counts = try await attempts { engine, limits in try engine.countToday(limits) }
        let ordered = counts.bySubject.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return (
            day: LocalDay(utcNumber: counts.day),
            bySubject: ordered.map { (subject: String(decoding: $0.key, as: UTF8.self), count: $0.value) },
            others: counts.others
        )
    }

    private func countToday(_ limits: ScanLimits) throws -> TodayCounts {
        let taken = reading.today.withLock { today in
            defer { today = nil }
            return today
        }
        guard var counts = taken else {
            throw QueryError.unavailable("today's events are being counted for another request; try again")
        }
        // What was read stays read, whatever happens then.
        defer { reading.today.withLock { [counts] in $0 = counts } }
        counts.turn(to: Int32(clamping: clock.wall().flooredQuotient(86_400_000_000)))
        let moment = state.withLock { ReadingMoment($0, store: store) }
        counts.next = max(counts.next, moment.begins)
        while counts.next < moment.through {
            let end = min(moment.through, counts.next + Self.todayStep)
            // A step that was broken off must not be counted twice.
            var step = counts
            try count(counts.next..<end, into: &step, limits)
            step.next = end
            counts = step
        }
        return counts
    }

    private func count(_ sequences: Range<UInt64>, into counts: inout TodayCounts, _ limits: ScanLimits) throws {
        let start = Int64(counts.day) * 86_400_000_000
        let times = start..<start + 86_400_000_000
        var subject: [UInt8] = []
        try EventScan(
            log: log,
            facts: try eventFacts(sequences: sequences, times: times),
            sequences: sequences,
            times: times,
            limits: limits,
            selection: .first
        ).run { event in
            event.batch.withText(.subject, of: event.index) { text in
                subject.removeAll(keepingCapacity: true)
                subject.append(contentsOf: text)
            }
            counts.add(subject)
            return true
        }
    }
}
