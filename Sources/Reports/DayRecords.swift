import CloudEvents
import GRDB
import Metering
import ReportDefinitions

/// The figures of a period's days, for those of them that are not written down yet.
struct RecordedDays: Sendable {
    /// The period, and the first and last day it may have.
    var period: String
    var span: ClosedRange<LocalDay>
    var revision: Int
    /// The first data file of the delivery; empty where there is none.
    var key: String
    /// When it was delivered; nil for a delivery of before days were written down, whose record tells.
    var deliveredAt: Timestamp?
    var figures: [DayFigures]

    /// Adds a row for each day and meter whose figures are others than those written down last.
    func insert(report: String, in database: Database) throws {
        var known = try latest(report: report, in: database)
        // Days of a delivery from before this table are filled in once, as they were delivered.
        guard deliveredAt != nil || known.isEmpty else { return }
        guard let moment = try deliveredAt ?? recordedMoment(report: report, in: database) else { return }
        for figures in figures {
            let before = known.removeValue(forKey: DayMeter(day: figures.day, meter: figures.meter))
            try insert(figures, after: before, report: report, at: moment, in: database)
        }
        // What had usage and has none any more.
        for (gone, before) in known {
            let none = DayFigures(day: gone.day, meter: gone.meter, rows: 0, totals: ReportTotals(), events: 0)
            try insert(none, after: before, report: report, at: moment, in: database)
        }
    }

    private struct DayMeter: Hashable {
        var day: LocalDay
        var meter: String
    }

    /// What was written down last of a day and meter.
    private struct Known {
        var number: Int
        var figures: DayFigures
    }

    private func insert(
        _ figures: DayFigures,
        after known: Known?,
        report: String,
        at moment: Timestamp,
        in database: Database
    ) throws {
        let before = known?.figures
        guard figures != before, before != nil || figures.rows > 0 || figures.events > 0 else { return }
        let since = Int64(clamping: figures.events) - Int64(clamping: before?.events ?? 0)
        try database.execute(
            sql: """
                INSERT INTO day_delivery (report, day, meter, number, revision, rows, total, previous_total, events,
                    events_since, key, delivered_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)
                """,
            arguments: [
                report, figures.day.stored, figures.meter, (known?.number ?? 0) + 1, revision, figures.rows,
                figures.totals.description,
                before?.totals.description, Int64(clamping: figures.events), since, key,
                moment.microseconds,
            ]
        )
    }

    /// The figures of the span's days that were written down last.
    private func latest(report: String, in database: Database) throws -> [DayMeter: Known] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT day, meter, max(number) AS number, rows, total, events FROM day_delivery
                    WHERE report = ? AND day BETWEEN ? AND ? GROUP BY day, meter
                """,
            arguments: [report, span.lowerBound.stored, span.upperBound.stored]
        )
        var latest: [DayMeter: Known] = [:]
        while let row = try rows.next() {
            let figures = DayFigures(
                day: LocalDay(stored: row["day"]),
                meter: row["meter"],
                rows: row["rows"],
                totals: try ReportTotals(stored: row["total"]),
                events: UInt64(clamping: row["events"] as Int64)
            )
            latest[DayMeter(day: figures.day, meter: figures.meter)] = Known(number: row["number"], figures: figures)
        }
        return latest
    }

    private func recordedMoment(report: String, in database: Database) throws -> Timestamp? {
        try Int64.fetchOne(
            database,
            sql: "SELECT delivered_at FROM delivery WHERE report = ? AND period = ? AND revision = ?",
            arguments: [report, period, revision]
        ).map { Timestamp(microseconds: $0) }
    }
}

extension DeliveryRecords {
    /// Where a page of day deliveries ended, in their order.
    struct DayPosition: Sendable {
        var day = Int64.min
        var meter = ""
        var report = ""
        var number = 0
    }

    /// What was delivered of some reports, or of all that ever delivered, by day and meter, sorted by day, meter, report and
    /// number, texts byte by byte: those behind a position, `limit` at most.
    func dayDeliveries(
        reports: [String]?,
        after position: DayPosition,
        limit: Int
    ) async throws(DeliveryRecordsError) -> [DayDelivery] {
        try await read { database in
            var arguments = StatementArguments(reports ?? [])
            arguments += [position.day, position.meter, position.report, position.number, limit]
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM day_delivery WHERE \(Self.isOne(of: reports))
                        AND (day, meter, report, number) > (?, ?, ?, ?)
                        ORDER BY day, meter, report, number LIMIT ?
                    """,
                arguments: arguments
            ).map(DayDelivery.init(row:))
        }
    }

    /// How many rows there are of some reports' days, and when the latest was delivered: since rows are only ever added,
    /// the same answer means the same rows.
    func dayDeliveriesStamp(reports: [String]?) async throws(DeliveryRecordsError) -> [String] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT report, count(*) AS days, max(delivered_at) AS latest FROM day_delivery
                        WHERE \(Self.isOne(of: reports)) GROUP BY report ORDER BY report
                    """,
                arguments: StatementArguments(reports ?? [])
            ).flatMap { [$0["report"] as String, "\($0["days"] as Int64)", "\($0["latest"] as Int64)"] }
        }
    }

    /// The condition that a row is of one of some reports; nil: of any that ever delivered.
    private static func isOne(of reports: [String]?) -> String {
        reports.map { "report IN (" + $0.map { _ in "?" }.joined(separator: ",") + ")" } ?? "true"
    }
}

extension DayDelivery {
    fileprivate init(row: Row) throws {
        self.init(
            report: row["report"],
            day: LocalDay(stored: row["day"]),
            meter: row["meter"],
            number: row["number"],
            revision: row["revision"],
            rows: row["rows"],
            totals: try ReportTotals(stored: row["total"]),
            previousTotals: try (row["previous_total"] as String?).map { try ReportTotals(stored: $0) },
            events: UInt64(clamping: row["events"] as Int64),
            eventsSince: row["events_since"],
            key: row["key"],
            deliveredAt: Timestamp(microseconds: row["delivered_at"])
        )
    }
}

extension LocalDay {
    /// Days since 1970-01-01: other than its text, every day has such a number, those of before the year 1 too.
    fileprivate var stored: Int64 { start(in: .utc).microseconds / 86_400_000_000 }

    fileprivate init(stored number: Int64) {
        self.init(containing: Timestamp(microseconds: number * 86_400_000_000), in: .utc)
    }
}

extension DayDelivery {
    /// Where it stands among all.
    var position: DeliveryRecords.DayPosition {
        .init(day: day.stored, meter: meter, report: report, number: number)
    }
}
