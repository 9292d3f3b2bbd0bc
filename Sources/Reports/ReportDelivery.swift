import Logging
import Metering
import ObjectStore
import ReportDefinitions

/// Brings the files of a run to their destination and writes down what was brought.
///
/// The order is: data, what describes it, the manifest; then the record; then data that no manifest names any more is
/// removed; then the record says that nothing is left to do. A run that is killed anywhere leaves the delivery before or
/// this one for whoever follows the manifest, and a period whose inputs are not written down, so the next run makes it
/// again, puts what is missing and removes what is stale.
struct ReportDelivery {
    let run: ReportRun
    /// The periods as they stood when the run began.
    let delivered: [String: PeriodState]
    let dryRun: Bool
    /// Files that many periods share and that this run has seen to.
    private var shared: Set<String> = []
    /// Why files that nobody is led to any more could not be removed, where that will not pass by itself. The deliveries
    /// are complete, and looked at again by the next run.
    private(set) var untidied: [ReportError] = []

    init(run: ReportRun, delivered: [String: PeriodState], dryRun: Bool) {
        self.run = run
        self.delivered = delivered
        self.dryRun = dryRun
    }

    /// Puts the files that are not there with their very bytes, and records the delivery.
    mutating func deliver(
        _ planned: PlannedDelivery,
        _ written: WrittenDelivery
    ) async throws(ReportError) -> [DeliveredFile] {
        if written.rows == 0, try await nothingIsThere(planned) {
            if !dryRun {
                try await removeLeftovers(planned.keys, current: [])
                try await record(planned, written, new: [], objects: [], last: nil, settled: true)
            }
            return [Self.emptyFile(planned, written)]
        }
        let new = newSections(planned, written)
        let revision = (delivered[planned.sections[0].period]?.revision ?? 0) + (new.isEmpty ? 0 : 1)
        let objects = planned.objects(
            of: written,
            revision: revision,
            report: run.report,
            catalog: run.catalog
        )
        var missing: [DeliveryObject] = []
        for object in objects where !shared.contains(object.key) {
            if !(try await isThere(object)) { missing.append(object) }
        }
        let files = files(objects, missing: missing, skippedRows: written.skippedRows)
        if !dryRun {
            let last = try await put(missing, periods: planned.sections.map(\.period))
            try await conclude(planned, written, new: new, objects: objects, last: last)
            log(planned, files)
        }
        for object in objects where object.isShared { shared.insert(object.key) }
        return files
    }

    /// Records a delivery whose files are all there and removes what it left behind.
    private mutating func conclude(
        _ planned: PlannedDelivery,
        _ written: WrittenDelivery,
        new: Set<String>,
        objects: [DeliveryObject],
        last: (key: String, state: ObjectState)?
    ) async throws(ReportError) {
        let leavesNothing = planned.keys.leftoverPrefixes.isEmpty
        let isChanged = last != nil || !new.isEmpty
        if leavesNothing || isChanged {
            try await record(planned, written, new: new, objects: objects, last: last, settled: leavesNothing)
        }
        guard !leavesNothing else { return }
        do throws(ReportError) {
            try await removeLeftovers(planned.keys, current: Set(objects.map(\.key)))
        } catch {
            guard case .destination(_, _, _, _, passing: false) = error else { throw error }
            return untidied.append(error)
        }
        guard isChanged else {
            return try await record(planned, written, new: [], objects: objects, last: nil, settled: true)
        }
        for section in planned.sections {
            try await run.stored { () async throws(DeliveryRecordsError) in
                try await run.records.settle(
                    report: run.report.name,
                    period: section.period,
                    inputs: section.inputs
                )
            }
        }
    }

    /// Whether a delivery without rows need not be made: there never was one, not even one that was not written down.
    private func nothingIsThere(_ planned: PlannedDelivery) async throws(ReportError) -> Bool {
        guard planned.sections.allSatisfy({ (delivered[$0.period]?.revision ?? 0) == 0 }) else { return false }
        return try await !run.mayExist(planned.keys.entry)
    }

    /// The periods that are a delivery of their own: their first, or one that differs from the last.
    private func newSections(_ planned: PlannedDelivery, _ written: WrittenDelivery) -> Set<String> {
        let new = written.sections.filter { section in
            guard let before = delivered[section.planned.period], before.revision > 0 else {
                return section.rows > 0 || written.sections.count == 1
            }
            return before.content != section.content || before.place != planned.keys.place
        }
        return Set(new.map(\.planned.period))
    }

    /// Whether the destination holds these very bytes: put by us, and by all it tells not replaced since.
    private func isThere(_ object: DeliveryObject) async throws(ReportError) -> Bool {
        let known = try await run.stored { () async throws(DeliveryRecordsError) in
            try await run.records.object(report: run.report.name, key: object.key)
        }
        guard let known, known.sha256 == object.sha256, let head = try await run.head(object.key),
            head.size == object.bytes
        else { return false }
        if let sha256 = head.sha256, sha256 != object.sha256 { return false }
        if let etag = head.etag, let put = known.etag, etag != put { return false }
        return true
    }

    /// Puts files one after the other. All but the last are remembered here, so that a run that is interrupted is taken up
    /// where it was; the last one is remembered with the delivery.
    ///
    /// Periods that were delivered before are marked as unfinished first: a run that is killed is then made up for at the
    /// start, not when the schedule has it, since data of two deliveries may stand beside each other.
    private func put(
        _ objects: [DeliveryObject],
        periods: [String]
    ) async throws(ReportError) -> (key: String, state: ObjectState)? {
        guard !objects.isEmpty else { return nil }
        let name = run.report.name
        try await run.stored { () async throws(DeliveryRecordsError) in
            try await run.records.forget(report: name, keys: objects.map(\.key), periods: periods)
        }
        var last: (key: String, state: ObjectState)?
        for object in objects {
            if let (key, state) = last {
                try await run.stored { () async throws(DeliveryRecordsError) in
                    try await run.records.remember(report: name, key: key, state)
                }
            }
            last = (object.key, try await run.put(object))
        }
        return last
    }

    /// Removes what earlier deliveries of the period, finished or not, left and nobody is led to.
    private func removeLeftovers(_ keys: DeliveryKeys, current: Set<String>) async throws(ReportError) {
        var listed: [String] = []
        for prefix in keys.leftoverPrefixes { listed += try await run.list(prefix: prefix) }
        let unfinished = try await run.stored { () async throws(DeliveryRecordsError) in
            guard case .export = keys else { return Set<String>() }
            return try await run.records.unfinishedObjects(report: run.report.name)
        }
        let stale = keys.stale(in: listed, current: current, unfinished: unfinished)
        guard !stale.isEmpty else { return }
        try await run.stored { () async throws(DeliveryRecordsError) in
            try await run.records.forget(report: run.report.name, keys: stale)
        }
        for key in stale {
            try await run.delete(key)
            run.logger.info("stale report file removed", metadata: ["report": "\(run.report.name)", "key": "\(key)"])
        }
    }

    /// Records the periods of a delivery. Without `settled` they are looked at again by the next run.
    private func record(
        _ planned: PlannedDelivery,
        _ written: WrittenDelivery,
        new: Set<String>,
        objects: [DeliveryObject],
        last: (key: String, state: ObjectState)?,
        settled: Bool
    ) async throws(ReportError) {
        let builder = OutcomeBuilder(
            report: run.report,
            planned: planned,
            delivered: delivered,
            objects: objects.map(\.delivered),
            now: run.clock.now()
        )
        let outcome = builder.outcome(of: written.sections, new: new, last: last, settled: settled)
        try await run.stored { () async throws(DeliveryRecordsError) in try await run.records.record(outcome) }
    }

    private func files(_ objects: [DeliveryObject], missing: [DeliveryObject], skippedRows: Int) -> [DeliveredFile] {
        let missing = Set(missing.map(\.key))
        let counted = objects.first { $0.rows > 0 }?.key ?? objects[0].key
        return objects.filter { !shared.contains($0.key) }.map { object in
            DeliveredFile(
                key: object.key,
                outcome: !missing.contains(object.key) ? .unchanged : dryRun ? .planned : .written,
                rows: object.rows,
                bytes: object.bytes,
                skippedRows: object.key == counted ? skippedRows : 0,
                sha256: object.sha256
            )
        }
    }

    private static func emptyFile(_ planned: PlannedDelivery, _ written: WrittenDelivery) -> DeliveredFile {
        DeliveredFile(
            key: planned.keys.data(
                part: 1,
                version: planned.keys.version(revision: 1, content: written.sections[0].content)
            ),
            outcome: .empty,
            rows: 0,
            bytes: 0,
            skippedRows: written.skippedRows,
            sha256: ""
        )
    }

    private func log(_ planned: PlannedDelivery, _ files: [DeliveredFile]) {
        for file in files where file.outcome == .written {
            run.logger.info(
                "report file written",
                metadata: [
                    "report": "\(run.report.name)", "key": "\(file.key)", "period": "\(planned.periods)",
                    "rows": "\(file.rows)", "bytes": "\(file.bytes)", "sha256": "\(file.sha256)",
                ]
            )
        }
    }
}
