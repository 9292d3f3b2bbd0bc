import Metering
import ReportDefinitions

/// Reads one telemetry file as Finout would.
struct TelemetryFileCheck {
    let key: String
    let format: TelemetryFormat
    /// The day that the file's name says its rows are of; nil: of any.
    let day: LocalDay?
    /// Keys of the files before this one, and its own.
    let keys: [String]
    private var columns: TelemetryColumns?
    private var isHeaderRead = false

    init(key: String, format: TelemetryFormat, day: LocalDay?, keys: [String]) {
        self.key = key
        self.format = format
        self.day = day
        self.keys = keys
    }

    /// Takes the next record.
    mutating func take(_ record: borrowing CSVRecord, seen: inout SeenRows, book: inout InspectionBook) {
        if let fault = record.fault {
            book.find(key, line: record.line, fault)
            if isHeaderRead { book.count(row: nil) }
            isHeaderRead = true
            return
        }
        guard isHeaderRead else {
            isHeaderRead = true
            let columns = TelemetryColumns(header: record.texts, format: format)
            for reason in columns.reasons { book.find(key, line: record.line, reason) }
            self.columns = columns
            return
        }
        guard let columns else { return book.count(row: nil) }
        if record.isEmptyLine, columns.count > 1 { return book.find(key, line: record.line, "is an empty line") }
        guard record.count == columns.count else {
            book.count(row: nil)
            return book.find(
                key,
                line: record.line,
                "has \(record.count.of("field")) where the header has \(columns.count)"
            )
        }
        if let metric = columns.metric, let reason = Self.refusal(metric: record[metric]) {
            book.find(key, line: record.line, "the metric \(record.text(metric).quoted) \(reason)")
        }
        book.count(row: columns.date.flatMap { checkDate(record, $0, columns, &seen, &book) })
    }

    /// The file ends here.
    func finish(book: inout InspectionBook) {
        if !isHeaderRead { book.find(key, "is empty; Finout takes a file with a header") }
    }

    private func checkDate(
        _ record: borrowing CSVRecord,
        _ column: Int,
        _ columns: TelemetryColumns,
        _ seen: inout SeenRows,
        _ book: inout InspectionBook
    ) -> LocalDay? {
        switch format.dateFormat.date(record[column]) {
        case .otherFormat:
            book.find(
                key,
                line: record.line,
                "the date \(record.text(column).quoted) is not written as \(format.dateFormat.rawValue)"
            )
            return nil
        case .noSuchDay:
            book.find(key, line: record.line, "the date \(record.text(column).quoted) does not exist")
            return nil
        case .day(let found):
            if let day, found != day {
                book.find(
                    key,
                    line: record.line,
                    "the date \(record.text(column).quoted) is not the day in the file's name"
                )
            }
            if let first = seen.insert(record, day: found, metadata: columns.metadata) {
                let place =
                    Int(first.file) < keys.count ? "\(keys[Int(first.file)].onOneLine):\(first.line)" : "another"
                book.find(
                    key,
                    line: record.line,
                    "has the date and the metadata of \(place); Finout takes one row for each"
                )
            }
            return found
        }
    }

    /// Why Finout would not take a metric's value; nil: it would.
    static func refusal(metric: ArraySlice<UInt8>) -> String? {
        var digits = metric
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isPlain =
            (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
        guard isPlain else { return "is not a plain number, such as 12.5" }
        guard digits.contains(where: { $0 != UInt8(ascii: "0") && $0 != UInt8(ascii: ".") }) else {
            return "is zero; Finout takes positive numbers"
        }
        return isNegative ? "is negative; Finout takes positive numbers" : nil
    }
}
