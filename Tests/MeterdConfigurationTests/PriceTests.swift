import MeterdConfiguration
import Metering
import ReportDefinitions
import Testing

@Suite("prices")
struct PriceTests {
    /// The prices of a meter `a`, which counts; the keys that all have are left out of the text.
    private func prices(_ entries: String...) throws -> [Price] {
        let lines = entries.enumerated().map { index, entry in
            "  - { meter: a, sku: s, unit: Requests, currency: EUR, from: 2025-0\(index + 1)-01, \(entry) }\n"
        }
        let meter = "meters: [{ slug: a, eventType: a, aggregation: COUNT }]\n"
        return try Sample.parse(meter + "prices:\n" + lines.joined()).prices
    }

    private func tier(_ upTo: String?, _ price: String) throws -> Rates.Tier {
        Rates.Tier(upTo: try upTo.map { try ExactDecimal($0) }, unitPrice: try ExactDecimal(price))
    }

    @Test("are exact, and what is not written follows from the unit")
    func exact() throws {
        let configuration = try Sample.parse(
            """
            meters: [{ slug: a, eventType: a, aggregation: COUNT, eventFrom: 2025-01-01T00:00:00Z }]
            prices:
              - { meter: a, sku: s, unit: 1000 GB-Hours, listUnitPrice: 0.10000000000000000001,
                  currency: EUR, from: 2026-01-01 }
              - { meter: a, sku: s, unit: GB, per: 1e9, consumedUnit: Bytes, listUnitPrice: "3",
                  contractedUnitPrice: 0, currency: EUR, from: 2025-01-01 }
            """
        )
        #expect(configuration.prices.map(\.from.description) == ["2025-01-01", "2026-01-01"])
        let bytes = configuration.prices[0]
        #expect(
            bytes.consumedUnit == "Bytes" && bytes.per == ExactDecimal(1_000_000_000)
                && bytes.contracted == Rates(unitPrice: .zero)
        )
        let hours = configuration.prices[1]
        #expect(hours.consumedUnit == "GB-Hours" && hours.per == ExactDecimal(1000))
        #expect(hours.list.tiers.map(\.unitPrice.description) == ["0.10000000000000000001"])
        #expect(hours.contracted == hours.list)
    }

    @Test("are flat for everybody where the file says no more, as in files of 0.2")
    func flat() throws {
        let price = try #require(try prices("listUnitPrice: 0.5, contractedUnitPrice: 0.4").first)
        #expect(price.list == Rates(unitPrice: try ExactDecimal("0.5")))
        #expect(price.contracted == Rates(unitPrice: try ExactDecimal("0.4")))
        #expect(price.overrides.isEmpty && !price.dependsOnMonth)
    }

    @Test("have tiers that are graduated unless they say volume, with what is agreed beside each list price")
    func tiers() throws {
        let tiers =
            "tiers: [{ upTo: 1000, listUnitPrice: 0.1 }, { upTo: 1e4, listUnitPrice: 0.05, "
            + "contractedUnitPrice: 0.04 }, { listUnitPrice: 0.01 }]"
        let prices = try prices(tiers, "tiering: volume, \(tiers)", "tiers: [{ listUnitPrice: 1 }]")
        #expect(prices.map(\.list.mode) == [.graduated, .volume, .graduated])
        let list = [try tier("1000", "0.1"), try tier("10000", "0.05"), try tier(nil, "0.01")]
        #expect(prices[0].list == Rates(tiers: list) && prices[1].list == Rates(mode: .volume, tiers: list))
        #expect(prices[0].contracted.tiers.map(\.unitPrice.description) == ["0.1", "0.04", "0.01"])
        #expect(prices[0].contracted.tiers.map(\.upTo) == list.map(\.upTo))
        #expect(prices.map(\.dependsOnMonth) == [true, true, false])
    }

    @Test("may agree on one price for all tiers, and have an allowance that list and contract share")
    func agreedForAll() throws {
        let price = try #require(
            try prices(
                "allowance: 100.5, contractedUnitPrice: 0.03, tiers: [{ upTo: 10, listUnitPrice: 0.1 }, { listUnitPrice: 0.05 }]"
            ).first
        )
        let allowance = try ExactDecimal("100.5")
        #expect(price.list.allowance == allowance && price.list.tiers.count == 2)
        #expect(price.contracted == Rates(allowance: allowance, tiers: [try tier(nil, "0.03")]))
    }

    @Test("with an allowance alone depend on the month, with an allowance of zero they do not")
    func allowance() throws {
        let prices = try prices("listUnitPrice: 1, allowance: 1000", "listUnitPrice: 1, allowance: 0")
        #expect(prices.map(\.dependsOnMonth) == [true, false])
        #expect(prices[0].contracted == prices[0].list)
    }

    @Test("of subjects say what differs, and the rest is as for others")
    func subjects() throws {
        let price = try #require(
            try prices(
                """
                allowance: 5, tiering: volume, tiers: [{ upTo: 10, listUnitPrice: 4, contractedUnitPrice: 3 },
                    { listUnitPrice: 2 }], subjects: {
                      b: { allowance: 0 }, "ä": { tiering: graduated },
                      a: { contractedUnitPrice: 1 }, 12: { tiers: [{ upTo: 7, contractedUnitPrice: 2 },
                        { contractedUnitPrice: 1 }] } }
                """
            ).first
        )
        #expect(price.overrides.map(\.subject) == ["12", "a", "b", "ä"], "by their bytes")
        let own = price.overrides.map(\.rates)
        let five = ExactDecimal(5)
        #expect(own[0] == Rates(allowance: five, mode: .volume, tiers: [try tier("7", "2"), try tier(nil, "1")]))
        #expect(own[1] == Rates(allowance: five, mode: .volume, tiers: [try tier(nil, "1")]))
        #expect(own[2] == Rates(mode: .volume, tiers: price.contracted.tiers))
        #expect(own[3] == Rates(allowance: five, tiers: price.contracted.tiers))
        #expect(price.contracted.tiers == [try tier("10", "3"), try tier(nil, "2")])
    }

    @Test("of several meters may share a SKU where unit and list price are the same, or the currency is another")
    func sharedSku() throws {
        let configuration = try Sample.parse(
            """
            meters:
              - { slug: a, eventType: a, aggregation: COUNT }
              - { slug: b, eventType: b, aggregation: COUNT }
              - { slug: c, eventType: c, aggregation: COUNT }
            prices:
              - { meter: a, sku: calls, unit: Calls, listUnitPrice: 1, currency: EUR, from: 2025-01-01 }
              - { meter: b, sku: calls, unit: Calls, listUnitPrice: 1, currency: EUR, from: 2025-01-01 }
              - { meter: c, sku: calls, unit: Calls, listUnitPrice: 150, currency: JPY, from: 2025-01-01 }
              - { meter: a, sku: calls, unit: Calls, listUnitPrice: 2, currency: EUR, from: 2025-02-01 }
              - { meter: b, sku: calls, unit: Calls, listUnitPrice: 2, currency: EUR, from: 2025-02-01 }
            """
        )
        #expect(configuration.prices.count == 5)
    }

    @Test("may have SKUs that look like another one's SkuPriceId where that one has no such parts")
    func skus() throws {
        let configuration = try Sample.parse(
            """
            meters:
              - { slug: a, eventType: a, aggregation: COUNT }
              - { slug: b, eventType: b, aggregation: COUNT }
            prices:
              - { meter: a, sku: api, unit: Requests, listUnitPrice: 1, currency: EUR, from: 2025-01-01 }
              - { meter: b, sku: api-tier-1, unit: Requests, listUnitPrice: 2, currency: EUR, from: 2025-01-01 }
            """
        )
        #expect(configuration.prices.map(\.sku) == ["api", "api-tier-1"])
    }

    @Test("have at most a hundred tiers")
    func tierLimit() throws {
        func tiers(_ count: Int) -> String {
            let bounded = (1..<count).map { "{ upTo: \($0), listUnitPrice: 1 }" }
            return "tiers: [\((bounded + ["{ listUnitPrice: 1 }"]).joined(separator: ", "))]"
        }
        #expect(try prices(tiers(100)).first?.list.tiers.count == 100)
        let text = "prices: [{ meter: a, sku: s, unit: A, currency: EUR, from: 2025-01-01, \(tiers(101)) }]"
        #expect(Sample.errors(text).contains { $0.hasSuffix("prices[0].tiers has 101 tiers; a price has at most 100") })
    }
}
