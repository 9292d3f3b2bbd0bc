import MeterdConfiguration
import Metering
import ReportDefinitions
import Testing

@Suite("FOCUS configuration")
struct FocusTests {
    private func profile(_ focus: String, of meter: String = "a") throws -> FocusProfile {
        let text = """
            meters:
              - { slug: a, eventType: a, aggregation: COUNT, groupBy: { team: $.team } }
              - { slug: b, eventType: b, aggregation: COUNT }
            destinations: { d: { directory: x } }
            reports: [{ name: f, format: focus, meters: [a, b], destination: d, every: 1h }]
            prices:
              - { meter: a, sku: a, unit: Requests, listUnitPrice: 1, from: 2025-01-01 }
              - { meter: b, sku: b, unit: Requests, listUnitPrice: 0, from: 2025-01-01 }
            focus:
              provider: Example Metering
              billingAccount: { id: acct-001 }
              currency: EUR
              service: { name: Example API, category: Integration, subcategory: Messaging }

            """
        let lines = focus.split(separator: "\n").map { "  \($0)\n" }.joined()
        return try #require(try Sample.parse(text + lines).focusProfiles[meter])
    }

    @Test("what follows from other values needs no keys")
    func defaults() throws {
        let profile = try profile("region: { id: eu-west-1 }\nsubAccount: { id: { subject: true } }")
        #expect(profile.publisher == .constant("Example Metering"))
        #expect(profile.invoiceIssuer == .constant("Example Metering"))
        #expect(profile.billingAccountType == .constant("Billing Account"))
        #expect(profile.regionName == .constant("eu-west-1"))
        #expect(profile.subAccountName == .subject)
        #expect(profile.subAccountType == .constant("Sub Account"))
        #expect(profile.resourceID == nil && profile.billingAccountName == nil)
    }

    @Test("an override replaces the keys it names and leaves the others")
    func overrides() throws {
        let focus = """
            tags: { team: { dimension: team }, stage: live }
            meters:
              a: { provider: Other, service: { name: Example Store }, tags: { stage: test } }
              b: { tags: { team: none } }
            """
        let own = try profile(focus)
        #expect(own.provider == .constant("Other") && own.publisher == .constant("Other"))
        #expect(own.serviceName == .constant("Example Store") && own.serviceSubcategory == "Messaging")
        #expect(
            own.tags == [.init(key: "stage", value: .constant("test")), .init(key: "team", value: .dimension("team"))]
        )
        let other = try profile(focus, of: "b")
        #expect(other.provider == .constant("Example Metering"))
        #expect(
            other.tags == [.init(key: "stage", value: .constant("live")), .init(key: "team", value: .constant("none"))]
        )
    }

    @Test("an override of an id or a category does not keep the name or subcategory beside the global one")
    func companions() throws {
        let focus = """
            region: { id: eu-west-1, name: Ireland }
            meters: { a: { region: { id: eu-north-1 }, service: { name: Example Store, category: Storage } } }
            """
        let own = try profile(focus)
        #expect(own.regionName == .constant("eu-north-1"))
        #expect(own.serviceCategory == "Storage" && own.serviceSubcategory == nil)
        #expect(try profile(focus, of: "b").regionName == .constant("Ireland"))
    }

    @Test("prices are exact, and what is not written follows from the unit")
    func prices() throws {
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
                && bytes.contractedUnitPrice == .zero
        )
        let hours = configuration.prices[1]
        #expect(hours.consumedUnit == "GB-Hours" && hours.per == ExactDecimal(1000))
        #expect(hours.listUnitPrice.description == "0.10000000000000000001")
        #expect(hours.contractedUnitPrice == hours.listUnitPrice)
    }
}
