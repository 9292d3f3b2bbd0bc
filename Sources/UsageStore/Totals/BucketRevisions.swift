import Metering

extension Totals {
    /// Hours before `now` that are listed for a WEIGHTED_SUM meter between its points: 400 days. Older hours are listed
    /// where they have events of their own, so that one event with a time long ago does not give reports ages of days.
    static let levelHours: Int64 = 9_600

    /// Each bucket of a meter with the sequence number of the last event or correction that changed it, in order of time.
    ///
    /// A level holds on beyond its bucket: of a WEIGHTED_SUM meter every bucket from the first point up to now is listed, each
    /// with the greatest sequence number of any change in it or before it.
    ///
    /// - Parameter now: microseconds since 1970-01-01T00:00:00Z.
    public func bucketRevisions(
        of meter: StoredMeter,
        now: Int64 = .min
    ) -> [(start: Int64, lastSequence: UInt64)] {
        guard let totals = meters[meter.number] else { return [] }
        let revisions = totals.records.map { (start: $0.key, lastSequence: $0.value.lastSequence) }
            .sorted { $0.start < $1.start }
        guard meter.meter.aggregation.keepsLevels else { return revisions }
        return Self.fill(revisions, width: meter.bucketSeconds, through: totals.bucketStart(of: now))
    }

    private static func fill(
        _ revisions: [(start: Int64, lastSequence: UInt64)],
        width: Int64,
        through last: Int64
    ) -> [(start: Int64, lastSequence: UInt64)] {
        let earliest = last > .min + levelHours * 3600 ? last - levelHours * 3600 : .min
        var filled: [(start: Int64, lastSequence: UInt64)] = []
        var greatest: UInt64 = 0
        for (index, revision) in revisions.enumerated() {
            greatest = max(greatest, revision.lastSequence)
            filled.append((revision.start, greatest))
            let next = index + 1 < revisions.count ? min(revisions[index + 1].start, last + width) : last + width
            var start = revision.start + width
            if start < earliest {
                // The grid of buckets, from the first one that is not too old.
                start += (earliest - start + width - 1) / width * width
            }
            while start < next {
                filled.append((start, greatest))
                start += width
            }
        }
        return filled
    }
}
