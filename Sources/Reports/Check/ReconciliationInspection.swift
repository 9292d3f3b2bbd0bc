import Metering
import ObjectStore
import ReportDefinitions
import ReportFormats

/// Reads a reconciliation back: its columns, and that each line has a day.
struct ReconciliationInspection {
    let inspection: ReportInspection

    func run(
        progress: @escaping @Sendable (InspectionProgress) -> Void
    ) async throws(InspectionError) -> InspectionResult {
        let key = inspection.report.stem + ".csv"
        let entry = try await inspection.list(key).first { $0.key == key }
        var book = InspectionBook(
            report: inspection.report.name,
            limits: inspection.limits,
            total: entry?.size ?? 0,
            progress: progress
        )
        guard let entry else { return book.close() }
        book.count(file: entry.size)
        guard let bytes = try await inspection.read(entry, book: &book) else { return book.close() }
        let header = ReconciliationCSV(formulaEscape: inspection.report.formulaEscape).header
        var table = TableCheck(key: key, header: CSVScanner.fields(of: header))
        TableText(key: key, limits: inspection.limits).read(bytes, book: &book) { record, book in
            guard case .row = table.take(record, book: &book) else { return }
            let day = TelemetryFormat.DateFormat.dashed.date(record[0])
            if case .day(let day) = day {
                book.count(row: day)
            } else {
                book.count(row: nil)
                book.find(key, line: record.line, "the day \(record.text(0).quoted) is none")
            }
        }
        table.finish(book: &book)
        return book.close()
    }
}
