import Logging
import Metering
import ObjectStore
import ReportDefinitions

/// Brings the files of a run to their destination and writes down what was brought.
struct ReportDelivery: Sendable {
    let run: ReportRun
    /// The periods as they stood when the run began.
    let delivered: [String: PeriodState]
    let dryRun: Bool

    /// Puts a file unless the same bytes are there, then records it. A crash between the two is harmless: the next run
    /// finds the record as it was, makes the same bytes, and puts them again.
    func deliver(_ planned: PlannedFile, _ outcome: ReportWriter.Outcome) async throws(ReportError) -> DeliveredFile {
        let rows = outcome.sections.reduce(0) { $0 + $1.rows }
        let known = try await run.stored { () async throws(DeliveryRecordsError) in
            try await run.records.object(report: run.report.name, key: planned.key)
        }
        func file(_ result: DeliveredFile.Outcome) -> DeliveredFile {
            let isEmpty = result == .empty
            return DeliveredFile(
                key: planned.key,
                outcome: result,
                rows: rows,
                bytes: isEmpty ? 0 : outcome.file.bytes,
                skippedRows: outcome.sections.reduce(0) { $0 + $1.skippedRows },
                sha256: isEmpty ? "" : outcome.file.sha256
            )
        }
        if known == nil, rows == 0 {
            if !dryRun { try await record(planned, outcome, object: nil) }
            return file(.empty)
        }
        if let known, try await isThere(known, key: planned.key, outcome.file) {
            if !dryRun { try await record(planned, outcome, object: nil) }
            return file(.unchanged)
        }
        if dryRun { return file(.planned) }
        let object = try await put(planned.key, outcome.file)
        try await record(planned, outcome, object: object)
        run.logger.info(
            "report file written",
            metadata: [
                "report": "\(run.report.name)", "key": "\(planned.key)", "period": "\(planned.periods)",
                "rows": "\(rows)", "bytes": "\(outcome.file.bytes)", "sha256": "\(outcome.file.sha256)",
            ]
        )
        return file(.written)
    }

    /// Whether the destination holds these very bytes: put by us, and by all it tells not replaced since.
    private func isThere(
        _ known: ObjectState,
        key: String,
        _ file: SpooledReport
    ) async throws(ReportError) -> Bool {
        guard known.sha256 == file.sha256 else { return false }
        let head: ObjectHead?
        do throws(ObjectStoreError) {
            head = try await run.store.head(key)
        } catch {
            throw failure(key, error)
        }
        guard let head, head.size == file.bytes else { return false }
        if let sha256 = head.sha256, sha256 != file.sha256 { return false }
        if let etag = head.etag, let put = known.etag, etag != put { return false }
        return true
    }

    private func put(_ key: String, _ file: SpooledReport) async throws(ReportError) -> ObjectState {
        let result: PutResult
        do throws(ObjectStoreError) {
            result = try await run.store.put(key, file.body, contentType: "text/csv")
        } catch {
            throw failure(key, error)
        }
        guard result.sha256 == file.sha256, result.bytes == file.bytes else {
            throw .storage(
                report: run.report.name,
                reason: "the bytes sent as \(key) are not the bytes that were made; the disk of the spool directory "
                    + "\(run.spool.directory) gives back something else than was written"
            )
        }
        return ObjectState(sha256: file.sha256, bytes: file.bytes, etag: result.etag)
    }

    /// Records the file's periods, with a new delivery for each whose lines or place changed.
    private func record(
        _ planned: PlannedFile,
        _ outcome: ReportWriter.Outcome,
        object: ObjectState?
    ) async throws(ReportError) {
        var periods: [(period: String, state: PeriodState)] = []
        var deliveries: [DeliveryRecord] = []
        let now = run.clock.now()
        for section in outcome.sections {
            let before = delivered[section.planned.period]
            var state = PeriodState(
                inputs: section.planned.inputs,
                key: planned.key,
                content: section.content,
                revision: before?.revision ?? 0,
                total: section.total
            )
            if object != nil, isNew(section, key: planned.key, before: before) {
                state.revision += 1
                deliveries.append(
                    DeliveryRecord(
                        report: run.report.name,
                        period: section.planned.period,
                        revision: state.revision,
                        key: planned.key,
                        rows: section.rows,
                        skippedRows: section.skippedRows,
                        bytes: outcome.file.bytes,
                        sha256: outcome.file.sha256,
                        total: section.total,
                        previousTotal: state.revision > 1 ? before?.total : nil,
                        deliveredAt: now
                    )
                )
            }
            if state != before { periods.append((section.planned.period, state)) }
        }
        let (changed, added) = (periods, deliveries)
        try await run.stored { () async throws(DeliveryRecordsError) in
            try await run.records.record(
                report: run.report.name,
                periods: changed,
                object: object.map { (planned.key, $0) },
                deliveries: added
            )
        }
    }

    /// Whether a period in a file that was put is a delivery of its own: its first, or one that differs from the last.
    private func isNew(_ section: ReportWriter.Outcome.Section, key: String, before: PeriodState?) -> Bool {
        guard let before, before.revision > 0 else { return section.rows > 0 }
        return before.content != section.content || before.key != key
    }

    private func failure(_ key: String, _ error: ObjectStoreError) -> ReportError {
        if case .cancelled = error { return .cancelled(report: run.report.name) }
        return .destination(
            report: run.report.name,
            key: key,
            destination: run.report.destination,
            reason: "\(error)",
            passing: error.isPassing
        )
    }
}

extension ObjectStoreError {
    /// Whether the same request may succeed a little later, with nobody doing anything about it.
    fileprivate var isPassing: Bool {
        switch self {
        case .unavailable, .disk, .credentials, .integrity, .body, .cancelled: true
        case .invalidKey, .invalidSettings, .tooLarge, .tooMany, .accessDenied, .wrongRegion, .missingBucket, .rejected:
            false
        }
    }
}
