import Charges
import Metering
import ReportDefinitions

/// A FOCUS Cost and Usage dataset as CSV: the version's columns in the specification's order, then the meters' own; null
/// is an empty field, a text is quoted only where it needs it, lines end in `\n`. See docs/formats/reports.md.
struct FocusCSV: ChargeFormat {
    private let columns: [FocusColumn]
    private let customColumns: [String]
    private let formulaEscape: Bool

    /// Rows a file may have; a longer month goes on in the next one.
    static let rowLimit = 1_000_000

    init(version: FocusFormat.Version, customColumns: [String], formulaEscape: Bool) {
        columns = FocusColumn.columns(of: version)
        self.customColumns = customColumns
        self.formulaEscape = formulaEscape
    }

    var layout: FileLayout {
        var header: [UInt8] = []
        CSVText.appendLine(columns.map(\.rawValue) + customColumns, to: &header)
        return FileLayout(header: header, rowLimit: Self.rowLimit)
    }

    func append(_ charge: FocusCharge, of meter: String, to bytes: inout [UInt8]) {
        var fields: [String?] = []
        fields.reserveCapacity(columns.count + customColumns.count)
        for column in columns {
            let text = charge.text(of: column)
            fields.append(column.isText ? escaped(text) : text)
        }
        for name in customColumns { fields.append(escaped(charge.text(ofCustom: name))) }
        CSVText.appendLine(fields, to: &bytes)
    }

    private func escaped(_ text: String?) -> String? {
        formulaEscape ? text.map(CSVText.withoutFormula) : text
    }
}

extension FocusColumn {
    /// Whether cells are texts, and no numbers, times or objects.
    var isText: Bool { dataType == .string }
}

extension ReportCatalog {
    /// The columns that meters have beyond those of the specification: each name once, sorted byte by byte. They are null in
    /// rows of meters that do not have them.
    func customColumns(of slugs: [String]) -> [String] {
        let names = slugs.flatMap { focusProfiles[$0]?.customColumns.map(\.name) ?? [] }
        return Set(names).sorted { $0.precedesBytewise($1) }
    }
}
