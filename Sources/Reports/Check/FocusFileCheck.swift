import Charges
import Crypto
import Metering
import ReportDefinitions

/// Compares a data file with what the manifest says of it.
struct FocusFileCheck {
    let file: FocusManifest.File
    let columns: [String]
    let month: BillingPeriod

    /// Looks at the bytes and at every row.
    /// - Parameter sums: BilledCost is added to them.
    /// - Returns: whether all of it was read, so that sums mean something.
    func check(
        _ bytes: [UInt8],
        limits: InspectionLimits,
        sums: inout ReportTotals,
        book: inout InspectionBook
    ) -> Bool {
        if bytes.count != file.bytes {
            book.find(file.key, "has \(bytes.count.of("byte")), and the manifest says \(file.bytes)")
        }
        let digest = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        if digest != file.sha256 {
            book.find(file.key, "has the SHA-256 \(digest), and the manifest says \(file.sha256.quoted)")
        }
        var table = TableCheck(key: file.key, header: columns)
        var isSound = true
        let places = Places(columns)
        let isRead = TableText(key: file.key, limits: limits).read(bytes, book: &book) { record, book in
            switch table.take(record, book: &book) {
            case .header: break
            case .row: isSound = row(record, places, sums: &sums, book: &book) && isSound
            case .faulty: isSound = false
            }
        }
        guard isRead else { return false }
        table.finish(book: &book)
        if table.rows != file.rows {
            book.find(file.key, "has \(table.rows.of("row")), and the manifest says \(file.rows)")
        }
        return isSound
    }

    /// Where the columns are that are looked at.
    private struct Places {
        var start: Int?
        var cost: Int?
        var currency: Int?

        init(_ columns: [String]) {
            start = columns.firstIndex(of: FocusColumn.chargePeriodStart.rawValue)
            cost = columns.firstIndex(of: FocusColumn.billedCost.rawValue)
            currency = columns.firstIndex(of: FocusColumn.billingCurrency.rawValue)
        }
    }

    private func row(
        _ record: borrowing CSVRecord,
        _ places: Places,
        sums: inout ReportTotals,
        book: inout InspectionBook
    ) -> Bool {
        var day: LocalDay?
        if let start = places.start {
            if case .day(let found) = TelemetryFormat.DateFormat.timestamp.date(record[start]) { day = found }
            if day.map({ BillingPeriod(containing: $0) != month }) ?? true {
                book.find(
                    file.key,
                    line: record.line,
                    "ChargePeriodStart \(record.text(start).quoted) is no day of \(month)"
                )
            }
        }
        book.count(row: day)
        guard let cost = places.cost, let currency = places.currency else { return false }
        guard let value = try? ExactDecimal(record.text(cost)) else {
            book.find(file.key, line: record.line, "BilledCost \(record.text(cost).quoted) is no exact number")
            return false
        }
        do {
            try sums.add(value, currency: record.text(currency))
            return true
        } catch {
            book.find(file.key, line: record.line, "the sum of BilledCost has more than 38 digits")
            return false
        }
    }
}
