import Metering
import ReportDefinitions

/// Checks SKUs across meters and prices: what FOCUS asks of SkuId and SkuPriceId.
struct SkuCheck {
    let prices: [PriceDraft]
    let draft: ConfigurationDraft
    let diagnostics: Diagnostics

    func check() {
        var faults = FocusFaults()
        var bySku: [String: [PriceDraft]] = [:]
        for price in prices {
            if let sku = price.sku { bySku[sku.value, default: []].append(price) }
        }
        for (_, prices) in bySku where Set(prices.compactMap(\.meter?.value)).count > 1 {
            // Lists in two units are not compared.
            if checkUnits(prices, &faults) { checkLists(prices, &faults) }
        }
        checkPriceIDs(bySku, &faults)
        faults.report(to: diagnostics)
    }

    private func audience(_ prices: [PriceDraft]) -> FocusAudience {
        FocusAudience(draft.reports.map(\.value), meters: prices.compactMap(\.meter?.value))
    }

    /// A SKU of several meters has one unit.
    private func checkUnits(_ prices: [PriceDraft], _ faults: inout FocusFaults) -> Bool {
        var isGood = true
        let inOrder = prices.sorted { $0.position < $1.position }
        for (index, price) in inOrder.enumerated() {
            guard let unit = price.unit, let measure = price.measure, let sku = price.sku else { continue }
            let other = inOrder[..<index].first { other in
                guard let its = other.measure, other.meter?.value != price.meter?.value else { return false }
                return its != measure || other.unit?.value != unit.value
            }
            guard let other else { continue }
            isGood = false
            faults.add(
                sku.position,
                "the SKU \(sku.shown) is sold by another unit for another meter, on line \(other.position.line)",
                .listPriceOfSku,
                allowed: "one unit, per and consumedUnit for a SKU, or give each meter a SKU of its own",
                for: audience([price, other])
            )
        }
        return isGood
    }

    /// A SKU of several meters has one list price a day and currency.
    private func checkLists(_ prices: [PriceDraft], _ faults: inout FocusFaults) {
        let meters = Set(prices.compactMap(\.meter?.value))
        // All prices of these meters: one with another SKU ends the one before.
        let changes = self.prices.filter { price in price.meter.map { meters.contains($0.value) } ?? false }
        let days = Dictionary(grouping: changes.compactMap { price in price.from.map { ($0.value, price) } }) { $0.0 }
        var holding: [String: PriceDraft] = [:]
        let sku = prices.first?.sku?.value
        for (_, changes) in days.sorted(by: { $0.key < $1.key }) {
            for (_, price) in changes {
                if let meter = price.meter { holding[meter.value] = price }
            }
            let sold = holding.values.filter { $0.sku?.value == sku }.sorted { $0.position < $1.position }
            var first: [String?: PriceDraft] = [:]
            for price in sold {
                guard let list = price.rates?.list, let own = price.sku else { continue }
                guard let other = first[currency(of: price)] else {
                    first[currency(of: price)] = price
                    continue
                }
                guard other.rates?.list != list else { continue }
                faults.add(
                    own.position,
                    "the SKU \(own.shown) has another list price for another meter, on line \(other.position.line)",
                    .listPriceOfSku,
                    allowed: "one list price for a SKU at a time, or give each meter a SKU of its own",
                    for: audience([price, other])
                )
            }
        }
    }

    private func currency(of price: PriceDraft) -> String? {
        if price.hasCurrency { return price.currency?.value }
        return price.meter.flatMap { draft.focus?.draft(for: $0.value).currency?.value }
    }

    /// No SKU is called what another one's SkuPriceId would be.
    private func checkPriceIDs(_ bySku: [String: [PriceDraft]], _ faults: inout FocusFaults) {
        for (sku, prices) in bySku {
            guard let base = Self.base(of: sku, among: bySku), let own = prices.first?.sku else { continue }
            guard let other = bySku[base]?.first(where: { $0.dependsOnMonth != nil }) else { continue }
            faults.add(
                own.position,
                "the SKU \(own.shown) is what a SkuPriceId of the price on line \(other.position.line) may be, which has "
                    + "tiers or an allowance",
                .skuOfPrice,
                allowed: "no SKU is another one with -free, -tier-1 or -contract-1 behind it",
                for: audience([other] + prices)
            )
        }
    }

    /// The SKU whose SkuPriceId a text may be: the text without the parts that a SkuPriceId puts behind its SKU.
    private static func base(of sku: String, among skus: [String: [PriceDraft]]) -> String? {
        var parts = sku.split(separator: "-", omittingEmptySubsequences: false)[...]
        func isNumber(_ text: Substring?) -> Bool {
            text.map { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } } ?? false
        }
        // At most a part of the list and a part of a contract.
        for _ in 0..<2 {
            let kind = parts.dropLast().last
            if parts.count > 2,
                isNumber(parts.last) && (kind == "tier" || kind == "contract")
                    || parts.last == "free" && kind == "contract"
            {
                parts = parts.dropLast(2)
            } else if parts.count > 1, parts.last == "free" {
                parts = parts.dropLast()
            } else {
                return nil
            }
            let base = parts.joined(separator: "-")
            if skus[base] != nil { return base }
        }
        return nil
    }
}
