import Metering
import ReportDefinitions

/// Where an inspection writes down what it sees.
struct InspectionBook {
    private(set) var result: InspectionResult
    private let limits: InspectionLimits
    private let total: Int
    private let progress: @Sendable (InspectionProgress) -> Void
    private var bytesDone = 0
    /// Findings of the object that is looked at, listed and not.
    private var found = (key: "", count: 0)

    /// - Parameters:
    ///   - total: bytes that will be read.
    ///   - progress: is told how far it is, now and then.
    init(
        report: String,
        limits: InspectionLimits,
        total: Int = 0,
        progress: @escaping @Sendable (InspectionProgress) -> Void = { _ in }
    ) {
        result = InspectionResult(report: report)
        self.limits = limits
        self.total = total
        self.progress = progress
    }

    /// One of the report's files is there.
    mutating func count(file bytes: Int) {
        result.files += 1
        result.bytes += bytes
    }

    /// A row was read; nil: its day is not known.
    mutating func count(row day: LocalDay?) {
        result.rows += 1
        guard let day else { return }
        let days = result.days ?? day...day
        result.days = min(days.lowerBound, day)...max(days.upperBound, day)
    }

    /// Bytes of an object are done with.
    mutating func advance(bytes: Int) {
        bytesDone += bytes
        progress(InspectionProgress(bytesDone: bytesDone, bytes: total, rows: result.rows))
    }

    /// Something is wrong.
    mutating func find(_ key: String, line: Int? = nil, _ reason: String) {
        if found.key != key { closeObject(next: key) }
        found.count += 1
        guard found.count <= limits.findingsOfObject, result.findings.count < limits.findings else {
            result.unlisted += 1
            return
        }
        result.findings.append(InspectionFinding(key: key, line: line, reason: reason))
    }

    /// Something was not checked.
    mutating func note(_ text: String) {
        result.notes.append(text)
    }

    /// Says how much of the last object is not listed.
    private mutating func closeObject(next key: String) {
        let left = found.count - limits.findingsOfObject
        if left > 0, result.findings.count < limits.findings {
            result.findings.append(
                InspectionFinding(key: found.key, reason: "\(left) more like these are not listed")
            )
        }
        found = (key, 0)
    }

    /// The result, when all is read.
    consuming func close() -> InspectionResult {
        closeObject(next: "")
        return result
    }
}
