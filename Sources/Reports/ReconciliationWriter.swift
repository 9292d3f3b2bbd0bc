import Crypto
import Metering
import ReportDefinitions
import ReportFormats

/// Makes the file of a reconciliation from the delivery record.
struct ReconciliationWriter: Sendable {
    let report: Report
    let format: ReconciliationFormat
    let records: DeliveryRecords

    /// Days read from the record at a time.
    private static let pageLimit = 1_000

    /// What the file is made from: the definition and the rows there are. Rows that are added while the file is made make
    /// the next run make it again.
    func inputs(after definition: ReportDigest) async throws(DeliveryRecordsError) -> String {
        var digest = definition
        digest.add(try await records.dayDeliveriesStamp(reports: format.reports))
        return digest.text
    }

    /// Makes the file: every revision of every day in the order of days, meters and reports.
    func write(_ planned: PlannedDelivery, spool: SpoolSettings) async throws(ReportError) -> WrittenDelivery {
        let csv = ReconciliationCSV(formulaEscape: report.formulaEscape)
        var section = WrittenSection(planned: planned.sections[0])
        var content = SHA256()
        content.update(data: csv.header)
        do {
            var parts = try PartWriter(layout: FileLayout(header: csv.header), isCompressed: false, spool: spool)
            var position = DeliveryRecords.DayPosition()
            while true {
                guard !Task.isCancelled else { throw ReportError.cancelled(report: report.name) }
                let days = try await records.dayDeliveries(
                    reports: format.reports,
                    after: position,
                    limit: Self.pageLimit
                )
                for day in days {
                    let lines = csv.line(day)
                    let ends = lines.indices.filter { lines[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
                    content.update(data: lines)
                    try parts.append(lines, rowEnds: ends)
                    section.rows += ends.count
                }
                guard let last = days.last else { break }
                position = last.position
            }
            section.content = content.finalize().hexadecimal
            let (spooled, files) = try parts.finish()
            return WrittenDelivery(spooled: spooled, parts: files, contentType: "text/csv", sections: [section])
        } catch {
            throw ReportError(error, report: report.name, period: planned.periods)
        }
    }
}
