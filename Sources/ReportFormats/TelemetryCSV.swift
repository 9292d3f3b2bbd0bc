import Charges
import Metering
import ReportDefinitions

/// Telemetry CSV: a date column, the metadata columns, the metric column; every field in quotes, headers and numbers
/// included, lines ended by `\n`. Finout's S3 telemetry reads it. See docs/formats/reports.md.
struct TelemetryCSV: ReportEncoder {
    private let format: TelemetryFormat
    private let formulaEscape: Bool

    init(format: TelemetryFormat, formulaEscape: Bool, catalog: ReportCatalog) throws(ReportDefinitionProblem) {
        try catalog.check(dimensions: format.dimensions, of: format.meter)
        self.format = format
        self.formulaEscape = formulaEscape
    }

    var layout: FileLayout {
        FileLayout(header: Self.line([format.dateColumn] + format.dimensions + [format.metricColumn]))
    }

    func rows(of days: [LocalDay], closedDays: [LocalDay], usage: any DayUsage) -> any ReportRows {
        MetricRows(meter: format.meter, groupBy: format.dimensions, usage: usage) { row, day in
            let metadata = metadata(of: row)
            let date = format.dateFormat.text(of: day)
            return (metadata, Self.line([date] + metadata + [row.value.description]))
        }
    }

    /// The metadata columns of a row. Usage rows carry the subject apart from the dimensions.
    private func metadata(of row: UsageRow) -> [String] {
        var dimensions = row.dimensions.makeIterator()
        return format.dimensions.map { name in
            let text = name == "subject" ? row.subject ?? "" : dimensions.next() ?? ""
            return formulaEscape ? CSVText.withoutFormula(text) : text
        }
    }

    private static func line(_ fields: [String]) -> [UInt8] {
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
