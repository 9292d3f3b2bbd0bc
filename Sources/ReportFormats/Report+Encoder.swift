public import Charges
public import ReportDefinitions

extension Report {
    /// What makes the report's rows.
    /// - Throws: what its definition lacks. A reconciliation has no rows of usage, and so no encoder: ``ReconciliationCSV``.
    public func makeEncoder(catalog: ReportCatalog) throws(ReportDefinitionProblem) -> any ReportEncoder {
        switch format {
        case .csv(let format):
            return try TelemetryCSV(format: format, formulaEscape: formulaEscape, catalog: catalog)
        case .focus(let format):
            return ChargeEncoder(
                meters: try catalog.pricedMeters(format.meters),
                format: FocusCSV(
                    version: format.version,
                    customColumns: catalog.customColumns(of: format.meters),
                    formulaEscape: formulaEscape
                )
            )
        case .cloudZeroTelemetry(let format):
            return try CloudZeroTelemetry(format: format, catalog: catalog)
        case .anyCost(let format):
            let meters = try catalog.pricedMeters(format.meters)
            return ChargeEncoder(meters: meters, format: try AnyCostCSV(meters: meters, formulaEscape: formulaEscape))
        case .datadog(let format):
            let meters = try catalog.pricedMeters(format.meters)
            return ChargeEncoder(meters: meters, format: try DatadogCosts(meters: meters))
        case .reconciliation:
            throw ReportDefinitionProblem("report \(name) is a reconciliation and has no rows of usage")
        }
    }
}
