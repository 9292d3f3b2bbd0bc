import Metering
import ObjectStore
import ReportDefinitions

/// Reads everything under a telemetry's prefix, as Finout does.
struct TelemetryInspection {
    let inspection: ReportInspection
    let format: TelemetryFormat

    private var report: Report { inspection.report }

    func run(
        progress: @escaping @Sendable (InspectionProgress) -> Void
    ) async throws(InspectionError) -> InspectionResult {
        let entries = try await inspection.list(report.prefix)
        let files = entries.compactMap { entry in report.telemetryKey(entry.key).map { (entry: entry, kind: $0) } }
        var book = InspectionBook(
            report: report.name,
            limits: inspection.limits,
            total: files.reduce(0) { $0 + $1.entry.size },
            progress: progress
        )
        checkPatterns(files.map(\.kind), files.map(\.entry.key), &book)
        var seen = SeenRows(limit: inspection.limits.comparedRows)
        var keys: [String] = []
        for entry in entries {
            guard let kind = report.telemetryKey(entry.key) else {
                book.find(entry.key, foreign(entry.key))
                continue
            }
            book.count(file: entry.size)
            keys.append(entry.key)
            seen.begin()
            if case .noSuchDay = kind { book.find(entry.key, "its name has a day that does not exist") }
            guard let bytes = try await inspection.read(entry, book: &book) else { continue }
            var day: LocalDay?
            if case .daily(let named) = kind { day = named }
            var check = TelemetryFileCheck(key: entry.key, format: format, day: day, keys: keys)
            TableText(key: entry.key, limits: inspection.limits).read(bytes, book: &book) { record, book in
                check.take(record, seen: &seen, book: &book)
            }
            check.finish(book: &book)
        }
        noteLimits(seen, keys, &book)
        return book.close()
    }

    /// A file a day or one that grows, never both: what stands in both counts twice.
    private func checkPatterns(_ kinds: [TelemetryKey], _ keys: [String], _ book: inout InspectionBook) {
        for (kind, key) in zip(kinds, keys) {
            switch (format.files, kind) {
            case (.daily, .single):
                book.find(key, "is a growing file, and the report writes a file a day; Finout counts both")
            case (.single, .daily), (.single, .noSuchDay):
                book.find(key, "is a day's file, and the report writes one growing file; Finout counts both")
            default: break
            }
        }
    }

    private func foreign(_ key: String) -> String {
        let owner = inspection.catalog.reports.first {
            $0.name != report.name && $0.destination == report.destination && $0.owns(key)
        }
        return "is no file of this report"
            + (owner.map { ", but of \($0.name)" } ?? "") + "; Finout reads everything under the prefix"
    }

    private func noteLimits(_ seen: SeenRows, _ keys: [String], _ book: inout InspectionBook) {
        guard let file = seen.limitFile else { return }
        book.note(
            "there are more than \(inspection.limits.comparedRows) rows: from \(keys[file].onOneLine) on, rows were "
                + "compared with those of their own file only"
        )
        for (file, line) in seen.uncompared {
            book.note("\(keys[file].onOneLine): rows from line \(line) on were not compared with others")
        }
    }
}
