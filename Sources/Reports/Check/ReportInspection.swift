import Metering
public import ObjectStore
public import ReportDefinitions

/// Reads a report's destination back as its reader would, and says what that one would refuse. It needs no daemon and
/// no store, and changes nothing.
public struct ReportInspection: Sendable {
    let report: Report
    let catalog: ReportCatalog
    let objects: any ObjectStore
    let limits: InspectionLimits

    /// - Parameters:
    ///   - catalog: what the report's columns come from, and the reports that may write beside it.
    ///   - store: the report's destination.
    public init(report: Report, catalog: ReportCatalog, store: any ObjectStore) {
        self.init(report: report, catalog: catalog, store: store, limits: InspectionLimits())
    }

    init(report: Report, catalog: ReportCatalog, store: any ObjectStore, limits: InspectionLimits) {
        self.report = report
        self.catalog = catalog
        self.objects = store
        self.limits = limits
    }

    /// Reads everything.
    /// - Parameter progress: is told how far it is, now and then.
    public func run(
        progress: @escaping @Sendable (InspectionProgress) -> Void = { _ in }
    ) async throws(InspectionError) -> InspectionResult {
        switch report.format {
        case .csv(let format):
            try await TelemetryInspection(inspection: self, format: format).run(progress: progress)
        case .focus(let format):
            try await FocusInspection(inspection: self, format: format).run(progress: progress)
        case .anyCost:
            try await DropInspection(inspection: self).run(progress: progress)
        case .cloudZeroTelemetry(let format):
            try await RequestInspection(inspection: self, kind: .cloudZero(format)).run(progress: progress)
        case .datadog:
            try await RequestInspection(inspection: self, kind: .datadog).run(progress: progress)
        case .reconciliation:
            try await ReconciliationInspection(inspection: self).run(progress: progress)
        }
    }

    // MARK: The destination

    /// What is under a prefix, without the empty objects that stand for folders: consoles make them, readers pass over
    /// them.
    func list(_ prefix: String) async throws(InspectionError) -> [ObjectEntry] {
        do throws(ObjectStoreError) {
            return try await objects.list(prefix: prefix).filter { $0.size > 0 || !$0.key.hasBytes(suffix: "/") }
        } catch {
            throw InspectionError(error)
        }
    }

    /// An object's bytes; nil, and a finding, where they cannot be had.
    func read(_ entry: ObjectEntry, book: inout InspectionBook) async throws(InspectionError) -> [UInt8]? {
        if Task.isCancelled { throw .cancelled }
        let limit = limits.objectBytes
        guard entry.size <= limit else {
            book.find(entry.key, "has \(entry.size) bytes, more than the \(limit) that check reads; it was not read")
            return nil
        }
        do throws(ObjectStoreError) {
            if let bytes = try await objects.get(entry.key, limit: limit) { return bytes }
        } catch {
            throw InspectionError(error)
        }
        book.find(entry.key, "was listed, and is gone; check again when no report runs")
        return nil
    }
}

/// Why a destination could not be read back.
public enum InspectionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The destination does not answer or refuses.
    case destination(ObjectStoreError)
    /// The report's definition has no columns.
    case definition(reason: String)
    /// The caller's task was cancelled.
    case cancelled

    init(_ error: ObjectStoreError) {
        if case .cancelled = error { self = .cancelled } else { self = .destination(error) }
    }

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .destination(let error): "\(error)"
        case .definition(let reason): reason
        case .cancelled: "stopped before everything was read"
        }
    }
}
