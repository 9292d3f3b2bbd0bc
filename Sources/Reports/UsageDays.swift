import CloudEvents
import Metering
import ReportDefinitions

/// Which closed days of a report have usage, and a digest of how far the buckets of each have come.
struct UsageDays {
    /// The first day that is not closed.
    let firstOpenDay: LocalDay
    private let zone: Zone
    private var digests: [LocalDay: ReportDigest] = [:]

    /// No usage so far.
    init(zone: Zone, firstOpenDay: LocalDay) {
        self.zone = zone
        self.firstOpenDay = firstOpenDay
    }

    /// Sorts the buckets of a meter, which are in the order of their starts, by days. The same meters have to be added in
    /// the same order for the same digests.
    mutating func add(meter: String, buckets: [BucketRevision]) {
        var day: LocalDay?
        var end = Timestamp(microseconds: .min)
        for bucket in buckets {
            if day == nil || bucket.window.start >= end {
                let containing = LocalDay(containing: bucket.window.start, in: zone)
                day = containing
                end = containing.next.start(in: zone)
            }
            guard let touched = day else { continue }
            add(bucket, of: meter, to: touched)
            // Before zones had whole quarters of an hour, a bucket may reach into the next day.
            if bucket.window.end > end { add(bucket, of: meter, to: touched.next) }
        }
    }

    private mutating func add(_ bucket: BucketRevision, of meter: String, to day: LocalDay) {
        guard day < firstOpenDay else { return }
        digests[day, default: ReportDigest()].add(bucket, of: meter)
    }

    /// The days, in order.
    var days: [LocalDay] { digests.keys.sorted() }

    /// Digest of a definition and the revisions of some days' buckets: another one means that something was counted in
    /// these days, or that the definition changed.
    func inputs(of days: [LocalDay], after definition: ReportDigest) -> String {
        var digest = definition
        for day in days {
            digest.add(day.description)
            digest.add(digests[day]?.text)
        }
        return digest.text
    }
}

extension ReportDigest {
    fileprivate mutating func add(_ bucket: BucketRevision, of meter: String) {
        add(meter)
        add(bucket.window.start.microseconds)
        add(bucket.lastSequence)
    }
}
