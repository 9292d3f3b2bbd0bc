import Metering
import ReportDefinitions

/// A FOCUS Cost and Usage dataset as CSV: null is an empty field, a text is quoted only where it needs it, lines end in
/// `\n`. See docs/formats/reports.md.
struct FocusCSV {
    private let columns: [FocusColumn]

    init(version: FocusFormat.Version) {
        columns = FocusColumn.columns(of: version)
    }

    /// The first line.
    var header: [UInt8] {
        var bytes: [UInt8] = []
        append(columns.map { $0.rawValue }, to: &bytes)
        return bytes
    }

    /// The lines of one meter on one day: sorted by subject and dimensions byte by byte. A series that used nothing is
    /// left out and counted; one that used less than nothing is written, since FOCUS takes any decimal.
    func section(day: LocalDay, meter: FocusMeter, rows: [UsageRow]) throws(ReportContentError) -> ReportSection {
        var section = ReportSection()
        let sorted = rows.sorted { one, other in
            ([one.subject ?? ""] + one.dimensions).precedeBytewise([other.subject ?? ""] + other.dimensions)
        }
        for row in sorted {
            guard row.value != .zero else {
                section.skippedRows += 1
                continue
            }
            let charge = try FocusCharge(day: day, row: row, of: meter)
            append(columns.map { charge.text(of: $0) }, to: &section.bytes)
            section.rows += 1
            do {
                section.total = try section.total.adding(charge.billedCost)
            } catch {
                throw .overflow("the sum of BilledCost")
            }
        }
        return section
    }

    private func append(_ fields: [String?], to bytes: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(CSVText.comma) }
            if let field { CSVText.append(field, to: &bytes) }
        }
        bytes.append(CSVText.lineEnd)
    }
}
