import Charges
import Foundation
import Metering
import ObjectStore
import ReportDefinitions
import ReportFormats

/// Reads the current drop of each month of an AnyCost report back, as CloudZero finds it by its manifest.
///
/// https://docs.cloudzero.com/docs/anycost-cbf-drop-specs
struct DropInspection {
    let inspection: ReportInspection

    private var folder: String { inspection.report.stem + "/" }

    /// What names the current drop.
    private struct Manifest: Decodable {
        var version: String
        var current: String

        enum CodingKeys: String, CodingKey {
            case version
            case current = "current_drop_id"
        }
    }

    /// Rows that CloudZero takes of a file.
    private static let rowLimit = 1_000_000

    func run(
        progress: @escaping @Sendable (InspectionProgress) -> Void
    ) async throws(InspectionError) -> InspectionResult {
        let header: [String]
        do {
            let encoder = try inspection.report.makeEncoder(catalog: inspection.catalog)
            header = CSVScanner.fields(of: encoder.layout.header)
        } catch {
            throw .definition(reason: error.reason)
        }
        let entries = try await inspection.list(folder)
        var book = InspectionBook(
            report: inspection.report.name,
            limits: inspection.limits,
            total: entries.reduce(0) { $0 + $1.size },
            progress: progress
        )
        var months: [String: [ObjectEntry]] = [:]
        for entry in entries {
            let month = String(entry.key.dropFirst(folder.count).prefix { $0 != "/" })
            guard Self.start(ofMonth: month) != nil, folder.count + month.count < entry.key.count else {
                book.find(entry.key, "is in no folder of a billing month; CloudZero reads everything under the root")
                continue
            }
            months[month, default: []].append(entry)
        }
        for (month, entries) in months.sorted(by: { $0.key < $1.key }) {
            try await check(month, entries, header: header, &book)
        }
        return book.close()
    }

    private func check(
        _ month: String,
        _ entries: [ObjectEntry],
        header: [String],
        _ book: inout InspectionBook
    ) async throws(InspectionError) {
        guard let first = Self.start(ofMonth: month) else { return }
        let key = "\(folder)\(month)/manifest.json"
        guard let entry = entries.first(where: { $0.key == key }) else {
            return book.find(key, "is missing; without it CloudZero takes nothing of the month")
        }
        guard let bytes = try await inspection.read(entry, book: &book) else { return }
        guard let manifest = InspectedJSON.decode(Manifest.self, bytes) else {
            return book.find(key, "is no manifest of a drop")
        }
        guard !manifest.current.isEmpty, !manifest.current.contains("/") else {
            return book.find(key, "names the drop \(manifest.current.quoted), which is no folder's name")
        }
        let drop = "\(folder)\(month)/\(manifest.current)/"
        let files = entries.filter { $0.key.hasBytes(prefix: drop) }
        if files.isEmpty { book.find(key, "names the drop \(manifest.current.quoted), and nothing is in it") }
        for file in files {
            guard file.key.hasBytes(suffix: ".csv.gz") else {
                book.find(file.key, "is no .csv.gz; CloudZero reads every file of the drop")
                continue
            }
            book.count(file: file.size)
            guard let bytes = try await inspection.read(file, book: &book) else { continue }
            checkFile(file.key, bytes, header: header, month: first..<first.startOfNextMonth, &book)
        }
    }

    private func checkFile(
        _ key: String,
        _ bytes: [UInt8],
        header: [String],
        month: Range<LocalDay>,
        _ book: inout InspectionBook
    ) {
        var table = TableCheck(key: key, header: header)
        let (start, cost) = (header.firstIndex(of: "time/usage_start"), header.firstIndex(of: "cost/cost"))
        let isRead = TableText(key: key, limits: inspection.limits).read(bytes, book: &book) { record, book in
            let kind = table.take(record, book: &book)
            guard case .row = kind, let start, let cost else { return }
            var day: LocalDay?
            if case .day(let found) = TelemetryFormat.DateFormat.timestamp.date(record[start]) { day = found }
            if day.map({ !month.contains($0) }) ?? true {
                book.find(
                    key,
                    line: record.line,
                    "time/usage_start \(record.text(start).quoted) is no day of the month"
                )
            }
            book.count(row: day)
            if (try? ExactDecimal(record.text(cost))) == nil {
                book.find(key, line: record.line, "cost/cost \(record.text(cost).quoted) is no number")
            }
        }
        guard isRead else { return }
        table.finish(book: &book)
        if table.rows > Self.rowLimit {
            book.find(key, "has \(table.rows) rows; CloudZero takes \(Self.rowLimit) of a file")
        }
    }

    /// The first day of `20250601-20250701`; nil for what is no month.
    private static func start(ofMonth name: String) -> LocalDay? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 8 }) else { return nil }
        let days = parts.map { part in
            LocalDay("\(part.prefix(4))-\(part.dropFirst(4).prefix(2))-\(part.dropFirst(6))")
        }
        guard let first = days[0], first.day == 1, first.startOfNextMonth == days[1] else { return nil }
        return first
    }
}
