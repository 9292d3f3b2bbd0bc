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
        for (slug, prices) in byMeter {
            checkDays(prices, of: slug)
            checkMonths(prices, of: slug)
            checkCurrency(prices, of: slug)
        }
        let sorted = byMeter.sorted { $0.key < $1.key }
        let charged = Set(draft.reports.map(\.value).filter(\.kind.isPriced).flatMap(\.meters).map(\.value))
        SkuCheck(
            prices: sorted.filter { charged.contains($0.key) }.flatMap(\.value),
            draft: draft,
            diagnostics: diagnostics
        ).check()
        return sorted.flatMap { slug, prices in
            prices.compactMap { price($0, of: slug) }.sorted { $0.from < $1.from }
        }
    }

    private func checkDays(_ prices: [PriceDraft], of slug: String) {
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

    /// Tiers and allowances run over a month, which has to be the sum of its days.
    private func checkMonths(_ prices: [PriceDraft], of slug: String) {
        guard let meter = meters[slug], let aggregation = meter.aggregation, ![.sum, .count].contains(aggregation)
        else { return }
        for price in prices {
            guard let month = price.dependsOnMonth else { continue }
            // The hours of a level are rounded once for each answer, so that days need not add up to the last digit.
            let degree = aggregation == .weightedSum ? "to the last digit " : ""
            diagnostics.report(
                month,
                "tiers and allowances count a subject's month as the sum of its days, which it is not \(degree)for the meter "
                    + "\(meter.slug?.shown ?? "'\(slug)'"), \(aggregation.rawValue)",
                allowed: "they are for SUM and COUNT, write a listUnitPrice"
            )
        }
    }

    /// A meter's prices are in one currency, the one that rows are billed in. Nothing here converts.
    private func checkCurrency(_ prices: [PriceDraft], of slug: String) {
        var faults = FocusFaults()
        let reports = draft.reports.map(\.value).filter(\.kind.isPriced)
        let isExported = reports.contains { $0.meters.contains { $0.value == slug } }
        let usual = draft.focus?.draft(for: slug).currency
        if isExported, let usual {
            for priced in prices.compactMap(\.currency) where priced.value != usual.value {
                faults.add(
                    priced.position,
                    "a price is in \(priced.shown), but the meter's focus currency is \(usual.shown)",
                    .priceCurrency,
                    allowed: "both are the same, currencies are not converted",
                    for: FocusAudience(reports, meters: [slug])
                )
            }
        } else {
            let currencies = prices.compactMap { $0.hasCurrency ? $0.currency : usual }
            for other in currencies.dropFirst() where other.value != currencies[0].value {
                diagnostics.report(
                    other.position,
                    "a price is in \(other.shown), another one of its meter in \(currencies[0].shown)",
                    allowed: "a meter has one currency, see line \(currencies[0].position.line)"
                )
            }
        }
        faults.report(to: diagnostics)
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
        guard let sku = price.sku, let unit = price.unit, let measure = price.measure, let rates = price.rates,
            let from = price.from, let currency = price.hasCurrency ? price.currency : usual
        else { return nil }
        return Price(
            meter: slug,
            sku: sku.value,
            unit: unit.value,
            per: measure.per,
            consumedUnit: measure.consumedUnit,
            currency: currency.value,
            from: from.value,
            list: rates.list,
            contracted: rates.contracted,
            overrides: rates.overrides
        )
    }
}
