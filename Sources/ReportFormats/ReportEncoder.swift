public import Metering
public import ReportDefinitions

/// How a report's usage becomes the bytes of its files.
///
/// An encoder does no I/O but to ask for usage. The same usage and the same definitions give the same bytes.
public protocol ReportEncoder: Sendable {
    /// What surrounds the rows.
    var layout: FileLayout { get }

    /// Makes the rows of some days of one file, which are asked for one after the other in their order.
    /// - Parameter closedDays: every closed day of the days' billing months that has usage, in order: tiers need them.
    func rows(
        of days: [LocalDay],
        closedDays: [LocalDay],
        usage: any DayUsage
    ) -> any ReportRows
}

/// The rows of a file, a day at a time.
public protocol ReportRows {
    /// The rows of the next day, a meter after the other.
    /// - Throws: `ReportContentError` when they cannot be written; whatever asking for usage throws.
    mutating func next(_ day: LocalDay) async throws -> [MeterDay]
}

/// What an encoder asks for.
public protocol DayUsage: Sendable {
    /// A meter's totals from the beginning of a day to the beginning of another in the report's zone, as one window, a row
    /// for each combination of what they are grouped by. `UsageRow.subject` is set where `subject` is among it.
    func rows(meter slug: String, days: Range<LocalDay>, groupBy: [String]) async throws -> [UsageRow]
}

/// What surrounds the rows of a file.
public struct FileLayout: Sendable, Hashable {
    /// In front of the first row of every file.
    public var header: [UInt8]
    /// Between two rows.
    public var separator: [UInt8]
    /// Behind the last row.
    public var footer: [UInt8]
    /// Rows one file may have; nil: any number.
    public var rowLimit: Int?
    /// Bytes one file may have before compression, header and footer included; nil: any number.
    public var byteLimit: Int?
    /// `text/csv` or `application/json`.
    public var contentType: String

    /// Makes a layout.
    public init(
        header: [UInt8],
        separator: [UInt8] = [],
        footer: [UInt8] = [],
        rowLimit: Int? = nil,
        byteLimit: Int? = nil,
        contentType: String = "text/csv"
    ) {
        self.header = header
        self.separator = separator
        self.footer = footer
        self.rowLimit = rowLimit
        self.byteLimit = byteLimit
        self.contentType = contentType
    }
}

/// The rows of one meter on one day.
public struct MeterDay: Sendable, Hashable {
    /// The meter's slug.
    public var meter: String
    /// The rows, one after the other, without separators.
    public var bytes: [UInt8]
    /// Where each row ends in `bytes`.
    public var rowEnds: [Int]
    /// Rows the format does not take.
    public var skippedRows: Int
    /// The sums of the metric (costs: of BilledCost, by currency) over the rows.
    public var totals: ReportTotals
    /// Events the meter counted in the day, those of rows left out included.
    public var events: UInt64

    /// Makes a day without rows.
    public init(meter: String) {
        self.meter = meter
        bytes = []
        rowEnds = []
        skippedRows = 0
        totals = ReportTotals()
        events = 0
    }
}
