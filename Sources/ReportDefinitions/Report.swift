public import Metering

/// One report as configured: which usage, in which format, when, and where to.
public struct Report: Sendable, Hashable {
    /// Unique among the reports: `^[a-z0-9]+(?:[-_][a-z0-9]+)*$`, 1–64 characters.
    public var name: String
    /// What the files look like.
    public var format: Format
    /// The zone whose days the report counts.
    public var zone: Zone
    /// How long after midnight a day stays open, in seconds.
    public var grace: Int
    /// The destination's name.
    public var destination: String
    /// In front of every key this report writes: empty, or ending in `/`.
    public var prefix: String
    /// When it runs by itself.
    public var schedule: Schedule
    /// Whether texts that spreadsheets would run as a formula get an apostrophe in front, in the CSV formats.
    public var formulaEscape: Bool

    /// What the files look like; the name in the configuration is in the comment.
    public enum Format: Sendable, Hashable {
        /// `csv`
        case csv(TelemetryFormat)
        /// `focus`
        case focus(FocusFormat)
        /// `cloudzero-telemetry`
        case cloudZeroTelemetry(CloudZeroTelemetryFormat)
        /// `anycost-cbf`
        case anyCost(AnyCostFormat)
        /// `datadog-custom-costs`
        case datadog(DatadogFormat)
        /// `reconciliation`
        case reconciliation(ReconciliationFormat)
    }

    /// Makes a report.
    public init(
        name: String,
        format: Format,
        zone: Zone,
        grace: Int,
        destination: String,
        prefix: String,
        schedule: Schedule,
        formulaEscape: Bool = false
    ) {
        self.name = name
        self.format = format
        self.zone = zone
        self.grace = grace
        self.destination = destination
        self.prefix = prefix
        self.schedule = schedule
        self.formulaEscape = formulaEscape
    }
}

/// Telemetry CSV as Finout reads it: a date column, at most ten metadata columns, one metric column.
public struct TelemetryFormat: Sendable, Hashable {
    /// The meter's slug.
    public var meter: String
    /// Metadata columns in the order they are written: `subject` or a dimension of the meter; at most 10.
    public var dimensions: [String]
    /// The date's header. Headers hold no spaces.
    public var dateColumn: String
    /// The metric's header, the telemetry's permanent name.
    public var metricColumn: String
    /// How a day is written.
    public var dateFormat: DateFormat
    /// A file a day, or one file that grows.
    public var files: Files

    /// The six formats Finout takes; the raw value is what the configuration names.
    public enum DateFormat: String, Sendable, Hashable, CaseIterable {
        case dashed = "yyyy-MM-dd"
        case slashed = "yyyy/MM/dd"
        case slashedShort = "yyyy/M/d"
        case american = "MM/d/yyyy"
        case dashedShort = "yyyy-M-d"
        case timestamp = "yyyy-MM-dd'T'00:00:00'Z'"
    }

    /// Daily: `<prefix><name>-2025-06-07.csv`; single: `<prefix><name>.csv`.
    public enum Files: String, Sendable, Hashable, CaseIterable {
        case daily, single
    }

    /// Makes a telemetry format.
    public init(
        meter: String,
        dimensions: [String],
        dateColumn: String,
        metricColumn: String,
        dateFormat: DateFormat,
        files: Files
    ) {
        self.meter = meter
        self.dimensions = dimensions
        self.dateColumn = dateColumn
        self.metricColumn = metricColumn
        self.dateFormat = dateFormat
        self.files = files
    }
}
