public import Charges
public import Metering
public import ReportDefinitions

/// A FOCUS report as the page that Krateo's FinOps scraper reads: a sample of the gauge `billed_cost` for each charge, with the
/// columns of FOCUS 1.1 as its labels, since those are what its table has.
///
/// Prometheus text format, https://prometheus.io/docs/instrumenting/exposition_formats/. All samples have the same labels; null is
/// an empty value. Tags are `key:value;key:value`, in which `%`, `:` and `;` of keys and values are percent-encoded.
public struct KrateoCostPage: ReportEncoder {
    private let encoder: ChargeEncoder<KrateoSamples>

    /// Makes the page of a FOCUS report of any version.
    /// - Throws: what the report lacks.
    public init(report: Report, catalog: ReportCatalog) throws(ReportDefinitionProblem) {
        guard case .focus(let format) = report.format else {
            throw ReportDefinitionProblem(
                "report \(report.name) is not in the format focus, so it has no page for Krateo"
            )
        }
        encoder = ChargeEncoder(meters: try catalog.pricedMeters(format.meters), format: KrateoSamples())
    }

    /// The family's two comment lines, then the samples.
    public var layout: FileLayout { encoder.layout }

    /// The samples of some days.
    public func rows(of days: [LocalDay], closedDays: [LocalDay], usage: any DayUsage) -> any ReportRows {
        encoder.rows(of: days, closedDays: closedDays, usage: usage)
    }
}

/// A sample for each charge.
private struct KrateoSamples: ChargeFormat {
    private static let columns = FocusColumn.columns(of: .v1_1)

    /// What Krateo's table is keyed by, beside the day, of the rows of one day.
    private var keys: Set<[UInt8]> = []
    private var day: LocalDay?

    var layout: FileLayout {
        let header = "# HELP billed_cost FOCUS BilledCost, one sample per FOCUS row\n# TYPE billed_cost gauge\n"
        return FileLayout(header: Array(header.utf8), contentType: PrometheusSample.contentType)
    }

    mutating func append(
        _ charge: FocusCharge,
        of meter: String,
        to bytes: inout [UInt8]
    ) throws(ReportContentError) {
        try remember(charge, of: meter)
        let labels = Self.columns.map { column in
            (column.rawValue, column == .tags ? Self.tags(charge) : charge.text(of: column) ?? "")
        }
        let value = charge.text(of: .billedCost) ?? ""
        PrometheusSample.append("billed_cost", labels, value, to: &bytes)
    }

    /// - Throws: `.repeatedResource` when the day has a row with the same key.
    private mutating func remember(_ charge: FocusCharge, of meter: String) throws(ReportContentError) {
        if day != charge.day {
            day = charge.day
            keys = []
        }
        let parts = [FocusColumn.resourceID, .resourceName, .skuPriceID].map { charge.text(of: $0) ?? "" }
        // No text has the byte 0xFF in UTF-8.
        guard keys.insert(parts.flatMap { Array($0.utf8) + [0xFF] }).inserted else {
            throw .repeatedResource(parts[0], skuPriceID: parts[2], meter: meter, day: charge.day)
        }
    }

    private static func tags(_ charge: FocusCharge) -> String {
        charge.tags.map { key, value in
            key.percentEncoding("%:;") + ":" + value.percentEncoding("%:;")
        }.joined(separator: ";")
    }
}
