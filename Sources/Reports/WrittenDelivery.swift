import Metering
import ReportDefinitions
import ReportFormats

/// The data files of a delivery, made and not yet put.
struct WrittenDelivery: Sendable {
    var spooled: SpooledReport
    var parts: [WrittenPart]
    /// Of the data files.
    var contentType: String
    var sections: [WrittenSection]

    var rows: Int { sections.reduce(0) { $0 + $1.rows } }
    var skippedRows: Int { sections.reduce(0) { $0 + $1.skippedRows } }
}

/// What a period came to.
struct WrittenSection: Sendable {
    var planned: PlannedSection
    var rows = 0
    var skippedRows = 0
    var events: UInt64 = 0
    var totals = ReportTotals()
    /// Digest of the files' header and the period's rows.
    var content = ""
    var days: [DayFigures] = []

    init(planned: PlannedSection) {
        self.planned = planned
    }

    /// Adds what a meter came to on a day.
    mutating func add(_ part: MeterDay, day: LocalDay) throws(ExactDecimalError) {
        rows += part.rowEnds.count
        skippedRows += part.skippedRows
        events += part.events
        try totals.add(part.totals)
        days.append(
            DayFigures(
                day: day,
                meter: part.meter,
                rows: part.rowEnds.count,
                totals: part.totals,
                events: part.events
            )
        )
    }
}

/// What a meter came to on a day.
struct DayFigures: Sendable, Hashable {
    var day: LocalDay
    /// The meter's slug.
    var meter: String
    var rows: Int
    var totals: ReportTotals
    var events: UInt64
}
