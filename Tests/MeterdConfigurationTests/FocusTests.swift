import MeterdConfiguration
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
        #expect(own.serviceCategory == "Storage" && own.serviceSubcategory == "Other (Storage)")
        #expect(try profile(focus, of: "b").regionName == .constant("Ireland"))
    }

    @Test("a host, an availability zone and columns of one's own are taken, and null where they are not set")
    func more() throws {
        let focus = """
            host: Example Cloud
            region: { id: eu-west-1, availabilityZone: { subject: true } }
            columns: { x_Team: none, x_CostCenter: "0042" }
            meters:
              a: { columns: { x_Team: { dimension: team } } }
              b: { region: { id: eu-north-1 }, host: Other Cloud }
            """
        let own = try profile(focus)
        #expect(own.host == .constant("Example Cloud") && own.availabilityZone == .subject)
        #expect(
            own.customColumns == [
                .init(name: "x_CostCenter", value: .constant("0042")), .init(name: "x_Team", value: .dimension("team")),
            ]
        )
        let other = try profile(focus, of: "b")
        #expect(other.host == .constant("Other Cloud"))
        #expect(other.availabilityZone == nil, "a zone belongs to its region")
        #expect(other.customColumns.map(\.value) == [.constant("0042"), .constant("none")])
        let bare = try profile("tags: {}")
        #expect(bare.host == nil && bare.availabilityZone == nil && bare.customColumns.isEmpty)
    }

    @Test("a service without a subcategory is in the category's rest, which FOCUS has in every category")
    func subcategory() throws {
        let categories = ["Integration", "Mobile", "Other", "AI and Machine Learning"]
        for category in categories {
            let focus = "meters: { a: { service: { name: \(category), category: \(category) } } }"
            #expect(try profile(focus).serviceSubcategory == "Other (\(category))")
            let written =
                "meters: { a: { service: { name: X, category: \(category), subcategory: Other (\(category)) } } }"
            #expect(try profile(written).serviceSubcategory == "Other (\(category))")
        }
    }

    @Test("each meter has its own currency, and a report may hold several")
    func currencies() throws {
        let text = """
            meters:
              - { slug: a, eventType: a, aggregation: COUNT }
              - { slug: b, eventType: b, aggregation: COUNT }
            destinations: { d: { directory: x } }
            reports: [{ name: f, format: focus, meters: [a, b], destination: d, every: 1h }]
            prices:
              - { meter: a, sku: a, unit: Requests, listUnitPrice: 1, from: 2025-01-01 }
              - { meter: b, sku: b, unit: Requests, listUnitPrice: 100, from: 2025-01-01 }
            focus:
              provider: Example Metering
              billingAccount: { id: acct-001 }
              currency: EUR
              service: { name: Example API, category: Integration }
              meters: { b: { currency: JPY } }
            """
        let configuration = try Sample.parse(text)
        #expect(configuration.prices.map(\.currency) == ["EUR", "JPY"])
        #expect(configuration.focusProfiles.mapValues(\.currency) == ["a": "EUR", "b": "JPY"])
    }
}
