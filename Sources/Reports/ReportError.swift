import Charges
public import CloudEvents
public import Metering
public import ReportDefinitions
import ReportFormats

/// Why a run did not do what was asked.
public enum ReportError: Error, Sendable, CustomStringConvertible {
    /// No report has this name; `known` lists those there are.
    case unknownReport(String, known: [String])
    /// The days asked for are none, or more than the limit.
    case invalidDays(report: String, reason: String)
    /// None of the days is closed yet; the first of them closes at `closes`.
    case stillOpen(report: String, days: Range<LocalDay>, closes: Timestamp)
    /// The report's format does not have what was asked for.
    case unsuitable(report: String, reason: String)
    /// Runs of the report are waiting already, as many as may.
    case busy(report: String, waiting: Int)
    /// The configuration of the report cannot be used.
    case definition(report: String, reason: String)
    /// What was counted cannot be written in the format; nothing of the period was written.
    case content(report: String, period: String, reason: String)
    /// The engine did not answer.
    case usage(report: String, period: String, reason: String)
    /// The destination did not take the file. `passing`: it may the next time.
    case destination(report: String, key: String, destination: String, reason: String, passing: Bool)
    /// The delivery record or the spool could not be read or written.
    case storage(report: String, reason: String)
    /// The process is stopping.
    case cancelled(report: String)
    /// Some periods could not be written; the others were, as `delivered` says.
    indirect case incomplete(delivered: ReportRunResult, failures: [ReportError])

    /// Whether the same run may succeed a little later with nothing changed.
    public var isPassing: Bool {
        switch self {
        case .unknownReport, .invalidDays, .stillOpen, .unsuitable, .definition, .content: false
        case .busy, .usage, .storage, .cancelled: true
        case .destination(_, _, _, _, let passing): passing
        case .incomplete(_, let failures): failures.contains(where: \.isPassing)
        }
    }

    /// Whoever asked for the run asked for something that cannot be; the report itself is well.
    var isInvalidRequest: Bool {
        switch self {
        case .unknownReport, .invalidDays, .stillOpen, .unsuitable: true
        default: false
        }
    }

    /// One sentence: what happened, where, and what to do.
    public var description: String {
        switch self {
        case .unknownReport(let name, let known):
            known.isEmpty
                ? "there is no report \"\(name)\": none is configured"
                : "there is no report \"\(name)\"; there are: \(known.joined(separator: ", "))"
        case .invalidDays(let report, let reason), .unsuitable(let report, let reason):
            "report \(report): \(reason)"
        case .stillOpen(let report, let days, let closes):
            "report \(report): none of the days from \(days.lowerBound) to \(days.upperBound) (exclusive) is closed yet; "
                + "the first closes at \(closes), run it after that"
        case .busy(let report, let waiting):
            "report \(report): it is running and \(waiting) runs wait already; try again when they are done"
        case .definition(let report, let reason):
            "report \(report): \(reason)"
        case .content(let report, let period, let reason):
            "report \(report), \(period): nothing was written: \(reason)"
        case .usage(let report, let period, let reason):
            "report \(report), \(period): the usage could not be read: \(reason)"
        case .destination(let report, let key, let destination, let reason, let passing):
            "report \(report): destination \(destination) did not take \(key): \(reason)"
                + (passing ? "" : "; put it right and run the report again")
        case .storage(let report, let reason):
            "report \(report): \(reason)"
        case .cancelled(let report):
            "report \(report): stopped before it was done; the next run goes on from there"
        case .incomplete(let delivered, let failures):
            failures.prefix(Self.shownFailures).map(\.description).joined(separator: "; ")
                + (failures.count > Self.shownFailures
                    ? "; and so \(failures.count - Self.shownFailures) periods more" : "")
                + "; \(delivered.files.count) files of other periods were delivered or are unchanged"
        }
    }

    /// Failures that a message tells one by one.
    private static let shownFailures = 5
}

extension ReportError {
    /// What a fault is that came up while rows were made.
    init(_ error: any Error, report: String, period: String) {
        switch error {
        case let error as ReportError: self = error
        case ReportContentError.charge(.noMonthTotal):
            // It was counted between two queries; the next run asks for both again.
            self = .usage(report: report, period: period, reason: "\(error)")
        case let error as ReportContentError: self = .content(report: report, period: period, reason: "\(error)")
        case let error as RefusedUsage: self = .content(report: report, period: period, reason: "\(error)")
        case let error as SpoolError: self = .storage(report: report, reason: "\(error)")
        case PartError.spool(let error): self = .storage(report: report, reason: "\(error)")
        case let error as PartError: self = .content(report: report, period: period, reason: "\(error)")
        case let error as ExactDecimalError:
            self = .content(report: report, period: period, reason: "the period's total cannot be written: \(error)")
        case let error as DeliveryRecordsError where !Task.isCancelled:
            self = .storage(report: report, reason: "\(error)")
        default:
            // The engine's and the record's queries are given up when the task is cancelled.
            self =
                Task.isCancelled
                ? .cancelled(report: report) : .usage(report: report, period: period, reason: "\(error)")
        }
    }
}
