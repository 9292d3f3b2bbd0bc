public import CloudEvents
public import Metering

/// One day (FOCUS and AnyCost: one billing month) as it was delivered once. In a single growing file each day has its own
/// records; the objects are then the whole file's.
public struct DeliveryRecord: Sendable, Hashable {
    /// The report's name.
    public var report: String
    /// `2025-06-07`, or `2025-06` for a billing month.
    public var period: String
    /// 1 for the first delivery; each restatement adds one.
    public var revision: Int
    /// The files in the order in which they were put: data first, then what describes it. Not empty.
    public var objects: [DeliveredObject]
    /// Rows of the period.
    public var rows: Int
    /// Rows of the period left out.
    public var skippedRows: Int
    /// Events counted in the period's days; nil in deliveries by releases that did not write it down.
    public var events: UInt64?
    /// How many more they are than in the revision before, below zero where a day or meter went out of the report; all of
    /// them in the first, nil where that is not known.
    public var eventsSince: Int?
    /// The sums of the metric over the period's rows (costs: of BilledCost, by currency).
    public var totals: ReportTotals
    /// The totals of the revision before; nil for the first.
    public var previousTotals: ReportTotals?
    /// When the last file had been put.
    public var deliveredAt: Timestamp

    /// Makes a record.
    public init(
        report: String,
        period: String,
        revision: Int,
        objects: [DeliveredObject],
        rows: Int,
        skippedRows: Int,
        events: UInt64?,
        eventsSince: Int?,
        totals: ReportTotals,
        previousTotals: ReportTotals?,
        deliveredAt: Timestamp
    ) {
        self.report = report
        self.period = period
        self.revision = revision
        self.objects = objects
        self.rows = rows
        self.skippedRows = skippedRows
        self.events = events
        self.eventsSince = eventsSince
        self.totals = totals
        self.previousTotals = previousTotals
        self.deliveredAt = deliveredAt
    }
}

/// A file of a delivery.
public struct DeliveredObject: Sendable, Hashable {
    /// The key below the destination.
    public var key: String
    /// Rows in it; 0 in what is no data.
    public var rows: Int
    /// Its size.
    public var bytes: Int
    /// Of its bytes, in lower-case hexadecimal.
    public var sha256: String

    /// Makes an object.
    public init(key: String, rows: Int, bytes: Int, sha256: String) {
        self.key = key
        self.rows = rows
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// One day of one meter as a report delivered it, for the reconciliation.
public struct DayDelivery: Sendable, Hashable {
    /// The report's name.
    public var report: String
    /// The day in the report's zone.
    public var day: LocalDay
    /// The meter's slug.
    public var meter: String
    /// 1 for the first figures of the day and meter; each change of them adds one.
    public var number: Int
    /// The revision of the day's period when these figures were first found; 0 where nothing was delivered.
    public var revision: Int
    /// The day's rows of the meter.
    public var rows: Int
    /// The sum of the metric (costs: of BilledCost, by currency).
    public var totals: ReportTotals
    /// The totals of the day's figures before; nil for the first.
    public var previousTotals: ReportTotals?
    /// Events the meter had counted in the day.
    public var events: UInt64
    /// How many more they are than in the figures before, below zero where the day or the meter went out of the report;
    /// all of them in the first.
    public var eventsSince: Int
    /// The first data file of the delivery; empty where nothing was delivered.
    public var key: String
    /// When the delivery was done, or, where only events changed, when that was found.
    public var deliveredAt: Timestamp

    /// Makes a record of a day.
    public init(
        report: String,
        day: LocalDay,
        meter: String,
        number: Int = 1,
        revision: Int,
        rows: Int,
        totals: ReportTotals,
        previousTotals: ReportTotals?,
        events: UInt64,
        eventsSince: Int,
        key: String,
        deliveredAt: Timestamp
    ) {
        self.report = report
        self.day = day
        self.meter = meter
        self.number = number
        self.revision = revision
        self.rows = rows
        self.totals = totals
        self.previousTotals = previousTotals
        self.events = events
        self.eventsSince = eventsSince
        self.key = key
        self.deliveredAt = deliveredAt
    }
}

/// How far a run that is under way has come.
public struct ReportProgress: Sendable, Hashable {
    /// The report's name.
    public var report: String
    /// Whether it writes nothing.
    public var dryRun: Bool
    /// The first and the last period of the file that is being made; empty before the first.
    public var period: String
    /// Files of the run.
    public var files: Int
    /// Those of the files that are done.
    public var filesDone: Int
    /// Days of all the files.
    public var days: Int
    /// Those of the days whose rows are made.
    public var daysDone: Int
    /// Rows made so far.
    public var rows: Int
    /// When the run began.
    public var began: Timestamp

    /// Makes a report of progress.
    public init(
        report: String,
        dryRun: Bool,
        period: String,
        files: Int,
        filesDone: Int,
        days: Int,
        daysDone: Int,
        rows: Int,
        began: Timestamp
    ) {
        self.report = report
        self.dryRun = dryRun
        self.period = period
        self.files = files
        self.filesDone = filesDone
        self.days = days
        self.daysDone = daysDone
        self.rows = rows
        self.began = began
    }
}
