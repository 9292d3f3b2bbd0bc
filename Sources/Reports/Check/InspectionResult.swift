public import Metering

/// What reading a report's destination back came to.
public struct InspectionResult: Sendable, Hashable {
    /// The report's name.
    public var report: String
    /// Files of the report that are there.
    public var files = 0
    /// Their bytes.
    public var bytes = 0
    /// Rows in those that could be read, without headers.
    public var rows = 0
    /// The first and the last day that a row is for; nil without a row.
    public var days: ClosedRange<LocalDay>?
    /// What is wrong, in the order of the keys and lines; what is not listed is counted in ``unlisted``.
    public var findings: [InspectionFinding] = []
    /// Findings that are left out, because the file or the report has so many.
    public var unlisted = 0
    /// What was not checked, and why.
    public var notes: [String] = []

    /// Whether there is nothing wrong in all that was checked.
    public var isGood: Bool { findings.isEmpty }

    /// Makes a result of nothing.
    public init(report: String) {
        self.report = report
    }
}

/// How far an inspection has come.
public struct InspectionProgress: Sendable, Hashable {
    /// Bytes that are read.
    public var bytesDone: Int
    /// Bytes to read, those that are read included.
    public var bytes: Int
    /// Rows seen so far.
    public var rows: Int

    /// Makes a report of progress.
    public init(bytesDone: Int, bytes: Int, rows: Int) {
        self.bytesDone = bytesDone
        self.bytes = bytes
        self.rows = rows
    }
}

/// What an inspection takes on at most.
struct InspectionLimits: Sendable {
    /// Bytes of an object, which is held in memory.
    var objectBytes = 1 << 30
    /// Bytes that come out of a compressed object, which go by in pieces.
    var contentBytes = 16 << 30
    /// Bytes of JSON, which is held in memory as a whole.
    var jsonBytes = 128 << 20
    /// Rows that are compared with each other for a second one of the same day and metadata; each takes about 60 bytes of
    /// memory.
    var comparedRows = 5_000_000
    /// Findings that are listed of one object.
    var findingsOfObject = 50
    /// Findings that are listed of all.
    var findings = 10_000
    /// Bytes that are looked at between two reports of progress.
    var pieceBytes = 1 << 20
}
