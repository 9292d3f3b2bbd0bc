import CloudEvents
import Metering
public import ReportDefinitions

/// What was delivered, day by day and meter by meter, for an auditor: a line for each time a day's figures changed.
///
/// CSV as FOCUS reports have it. A line is of one currency: a day whose price changed from one currency to another has a
/// line for each, with the same rows and events in both.
public struct ReconciliationCSV: Sendable {
    private let formulaEscape: Bool

    /// Makes a writer.
    public init(formulaEscape: Bool) {
        self.formulaEscape = formulaEscape
    }

    /// The first line.
    public var header: [UInt8] {
        var bytes: [UInt8] = []
        CSVText.appendLine(
            [
                "day", "meter", "revision", "rows", "total", "previous_total", "events_since", "report", "currency",
                "events", "key", "delivered_at",
            ],
            to: &bytes
        )
        return bytes
    }

    /// The lines of a day: one for each currency, in the order of their codes. A total that was never there is empty, one that went
    /// away is 0.
    public func line(_ day: DayDelivery) -> [UInt8] {
        var currencies = day.totals.amounts.map(\.currency)
        for amount in day.previousTotals?.amounts ?? [] where !currencies.contains(amount.currency) {
            currencies.append(amount.currency)
        }
        if currencies.isEmpty { currencies = [nil] }
        var bytes: [UInt8] = []
        for currency in currencies.sorted(by: { ($0 ?? "") < ($1 ?? "") }) {
            CSVText.appendLine(
                [
                    day.day.description, text(day.meter), String(day.revision), String(day.rows),
                    day.totals.value(of: currency).description,
                    day.previousTotals.map { $0.value(of: currency).description },
                    String(day.eventsSince), text(day.report), currency, String(day.events), text(day.key),
                    day.deliveredAt.description,
                ],
                to: &bytes
            )
        }
        return bytes
    }

    private func text(_ text: String) -> String {
        formulaEscape ? CSVText.withoutFormula(text) : text
    }
}
