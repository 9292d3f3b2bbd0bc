import Metering
import ReportDefinitions

/// Checks prices against meters, and makes them.
///
/// A price holds from its first day until the meter's next one, so between prices there are no gaps. Before the earliest
/// one there may be one, since only usage can tell whether it matters: a FOCUS report that finds usage there fails. A
/// meter with `eventFrom` counts nothing earlier, so there the gap is a slip: the earliest price may not begin after it.
struct PriceCheck {
    let draft: ConfigurationDraft
    let meters: MeterTable
    let diagnostics: Diagnostics

    /// The prices that are good, by meter and then by day.
    func prices() -> [Price] {
        var byMeter: [String: [PriceDraft]] = [:]
        for price in draft.prices.map(\.value) {
            guard let slug = price.meter, meters.meter(slug, diagnostics) != nil else { continue }
            byMeter[slug.value, default: []].append(price)
        }
        for (slug, prices) in byMeter { check(prices, of: slug) }
        return byMeter.sorted { $0.key < $1.key }.flatMap { slug, prices in
            prices.compactMap { price($0, of: slug) }.sorted { $0.from < $1.from }
        }
    }

    private func check(_ prices: [PriceDraft], of slug: String) {
        var first: [LocalDay: Position] = [:]
        for from in prices.compactMap(\.from) {
            if let other = first[from.value] {
                diagnostics.report(
                    from.position,
                    "two prices of a meter begin on \(from.shown)",
                    allowed: "one price at a time, the other one is on line \(other.line)"
                )
            } else {
                first[from.value] = from.position
            }
        }
        let froms = prices.compactMap(\.from)
        guard froms.count == prices.count, let start = meters[slug]?.eventFrom,
            let earliest = froms.min(by: { $0.value < $1.value })
        else { return }
        if earliest.value > LocalDay(containing: start, in: .utc) {
            diagnostics.report(
                earliest.position,
                "the meter's earliest price begins after its eventFrom",
                allowed: "from is at most the day of eventFrom, so that every counted day has a price"
            )
        }
    }

    private func price(_ price: PriceDraft, of slug: String) -> Price? {
        let values = draft.focus?.draft(for: slug)
        let usual = values?.currency
        let isTold = values?.values.wrong.contains(.currency) ?? draft.hasFocus
        if !price.hasCurrency, usual == nil, !isTold {
            diagnostics.report(
                price.position,
                "a price has no currency",
                allowed: "write currency here, or focus.currency for all prices"
            )
        }
        guard let sku = price.sku, let unit = price.unit, let measure = price.measure, let list = price.listUnitPrice,
            let contracted = price.contractedUnitPrice, let from = price.from,
            let currency = price.hasCurrency ? price.currency : usual
        else { return nil }
        return Price(
            meter: slug,
            sku: sku,
            unit: unit,
            per: measure.per,
            consumedUnit: measure.consumedUnit,
            listUnitPrice: list,
            contractedUnitPrice: contracted,
            currency: currency.value,
            from: from.value
        )
    }
}
