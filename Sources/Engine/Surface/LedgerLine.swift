public import Metering
public import UsageStore

/// What became of the events of one origin and one CloudEvents source on one UTC day of arrival.
public struct LedgerLine: Sendable, Hashable {
    /// The UTC day of arrival.
    public var day: LocalDay
    /// How they came.
    public var origin: IngestOrigin
    /// The `source` attribute; nil for what was refused before it had one, and for sources beyond the day's limit
    /// (`LedgerKey.sourcesADay`).
    public var source: String?
    /// The counts.
    public var counts: LedgerCounts

    /// Makes a line.
    public init(day: LocalDay, origin: IngestOrigin, source: String?, counts: LedgerCounts) {
        self.day = day
        self.origin = origin
        self.source = source
        self.counts = counts
    }
}
