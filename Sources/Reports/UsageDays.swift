import CloudEvents
import Metering
import ReportDefinitions

/// Which closed days of a report have usage, and how far the buckets of each have come.
struct UsageDays {
    /// The first day that is not closed.
    let firstOpenDay: LocalDay
    private var stamps: [LocalDay: [Stamp]] = [:]

    private struct Stamp {
        var meter: String
        var start: Int64
        var lastSequence: UInt64
    }

    /// Sorts the buckets of some meters, each in the order of their starts, by the days of a zone.
    init(buckets: [(meter: String, buckets: [BucketRevision])], zone: Zone, firstOpenDay: LocalDay) {
        self.firstOpenDay = firstOpenDay
        for (meter, buckets) in buckets {
            var day: LocalDay?
            var end = Timestamp(microseconds: .min)
            for bucket in buckets {
                if day == nil || bucket.window.start >= end {
                    let containing = LocalDay(containing: bucket.window.start, in: zone)
                    day = containing
                    end = containing.next.start(in: zone)
                }
                guard var touched = day else { continue }
                let stamp = Stamp(
                    meter: meter,
                    start: bucket.window.start.microseconds,
                    lastSequence: bucket.lastSequence
                )
                if touched < firstOpenDay { stamps[touched, default: []].append(stamp) }
                // Before zones had whole quarters of an hour, a bucket may reach into the next day.
                if bucket.window.end > end {
                    touched = touched.next
                    if touched < firstOpenDay { stamps[touched, default: []].append(stamp) }
                }
            }
        }
    }

    /// The days, in no order.
    var days: some Sequence<LocalDay> { stamps.keys }

    /// Digest of a definition and the revisions of some days' buckets: another one means that something was counted in
    /// these days, or that the definition changed.
    func inputs(of days: [LocalDay], after definition: ReportDigest) -> String {
        var digest = definition
        for day in days {
            digest.add(day.description)
            for stamp in stamps[day] ?? [] {
                digest.add(stamp.meter)
                digest.add(stamp.start)
                digest.add(stamp.lastSequence)
            }
        }
        return digest.text
    }
}
