import Metering
import ReportDefinitions

/// Telemetry CSV: a date column, the metadata columns, the metric column; every field in quotes, headers and numbers
/// included, lines ended by `\n`. See docs/formats/reports.md.
struct TelemetryCSV {
    let format: TelemetryFormat

    /// The first line.
    var header: [UInt8] {
        line([format.dateColumn] + format.dimensions + [format.metricColumn])
    }

    /// The lines of one day: sorted by metadata byte by byte; totals of zero or less are left out and counted.
    func section(day: LocalDay, rows: [UsageRow]) throws(ReportContentError) -> ReportSection {
        var section = ReportSection()
        let date = format.dateFormat.text(of: day)
        var lines: [(metadata: [String], value: ExactDecimal)] = []
        for row in rows {
            guard row.value > .zero else {
                section.skippedRows += 1
                continue
            }
            lines.append((metadata(of: row), row.value))
        }
        lines.sort { $0.metadata.precedeBytewise($1.metadata) }
        for (metadata, value) in lines {
            section.bytes += line([date] + metadata + [value.description])
            section.rows += 1
            do {
                section.total = try section.total.adding(value)
            } catch {
                throw .overflow("the sum of the day's rows")
            }
        }
        return section
    }

    /// The metadata columns of a row. Usage rows carry the subject apart from the dimensions.
    private func metadata(of row: UsageRow) -> [String] {
        var dimensions = row.dimensions.makeIterator()
        return format.dimensions.map { name in
            name == "subject" ? row.subject ?? "" : dimensions.next() ?? ""
        }
    }

    private func line(_ fields: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(CSVText.comma) }
            CSVText.appendQuoted(field, to: &bytes)
        }
        bytes.append(CSVText.lineEnd)
        return bytes
    }
}

extension TelemetryFormat.DateFormat {
    /// A day in this format.
    func text(of day: LocalDay) -> String {
        let (year, month, date) = (day.year.padded(to: 4), day.month.padded(to: 2), day.day.padded(to: 2))
        return switch self {
        case .dashed: "\(year)-\(month)-\(date)"
        case .slashed: "\(year)/\(month)/\(date)"
        case .slashedShort: "\(year)/\(day.month)/\(day.day)"
        case .american: "\(month)/\(day.day)/\(year)"
        case .dashedShort: "\(year)-\(day.month)-\(day.day)"
        case .timestamp: "\(year)-\(month)-\(date)T00:00:00Z"
        }
    }
}

extension Int {
    /// Decimal digits, with zeros in front.
    func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
