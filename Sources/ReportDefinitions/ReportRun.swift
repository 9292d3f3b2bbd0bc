public import Metering

/// What to run: the days from `from` (inclusive) to `to` (exclusive) in the report's zone.
public struct ReportRunRequest: Sendable, Hashable {
    /// The report's name.
    public var report: String
    /// nil: every closed day that is not delivered yet or has changed.
    public var days: Range<LocalDay>?
    /// Print what would be written; write nothing, record nothing.
    public var dryRun: Bool

    /// Makes a request.
    public init(report: String, days: Range<LocalDay>?, dryRun: Bool) {
        self.report = report
        self.days = days
        self.dryRun = dryRun
    }
}

/// What a run did.
public struct ReportRunResult: Sendable, Hashable {
    /// The report's name.
    public var report: String
    /// Whether nothing was written or recorded.
    public var dryRun: Bool
    /// The files of the periods that were looked at, the oldest first.
    public var files: [DeliveredFile]
    /// Rows in all the files.
    public var rows: Int
    /// Bytes of all the files.
    public var bytes: Int
    /// Rows left out because the format does not take them: zero, and in telemetry less than zero.
    public var skippedRows: Int
    /// Days that were asked for but left out, because they are not closed yet.
    public var openDays: [LocalDay]
    /// What whoever reads the destination should know, a sentence each.
    public var warnings: [String]

    /// Makes a result; sums come from the files.
    public init(
        report: String,
        dryRun: Bool,
        files: [DeliveredFile],
        openDays: [LocalDay] = [],
        warnings: [String] = []
    ) {
        self.report = report
        self.dryRun = dryRun
        self.files = files
        self.openDays = openDays
        self.warnings = warnings
        self.rows = files.reduce(0) { $0 + $1.rows }
        self.bytes = files.reduce(0) { $0 + $1.bytes }
        self.skippedRows = files.reduce(0) { $0 + $1.skippedRows }
    }
}

/// One file of a run.
public struct DeliveredFile: Sendable, Hashable {
    /// The key below the destination.
    public var key: String
    /// What happened to it.
    public var outcome: Outcome
    /// Rows in it, without the header.
    public var rows: Int
    /// Its size.
    public var bytes: Int
    /// Rows left out of it.
    public var skippedRows: Int
    /// Of its bytes, in lower-case hexadecimal; empty when there is no file.
    public var sha256: String

    /// What happened to it. `planned`: a dry run would have written it. `empty`: its days have no row to write and no
    /// file was ever delivered for them, so there is none.
    public enum Outcome: String, Sendable, Hashable {
        case written, unchanged, planned, empty
    }

    /// Makes a file.
    public init(key: String, outcome: Outcome, rows: Int, bytes: Int, skippedRows: Int, sha256: String) {
        self.key = key
        self.outcome = outcome
        self.rows = rows
        self.bytes = bytes
        self.skippedRows = skippedRows
        self.sha256 = sha256
    }
}
