import Metering
import ReportDefinitions
import Testing

@testable import Charges

@Suite("FOCUS charges")
struct FocusChargeTests {
    @Test("every column of a plain charge holds what the rules say, and nothing else is set")
    func plain() throws {
        let charge = try Samples.charge()
        let expected: [FocusColumn: String] = [
            .billedCost: "0.003", .billingAccountID: "acct-001", .billingAccountName: "acct-001",
            .billingAccountType: "Billing Account", .billingCurrency: "USD",
            .billingPeriodEnd: "2025-07-01T00:00:00Z", .billingPeriodStart: "2025-06-01T00:00:00Z",
            .chargeCategory: "Usage", .chargeDescription: "tokens_total usage by customer-1 on 2025-06-07",
            .chargeFrequency: "Usage-Based", .chargePeriodEnd: "2025-06-08T00:00:00Z",
            .chargePeriodStart: "2025-06-07T00:00:00Z", .consumedQuantity: "1500.0", .consumedUnit: "Tokens",
            .contractedCost: "0.003", .contractedUnitPrice: "0.002", .effectiveCost: "0.003",
            .hostProviderName: "Example Metering", .invoiceIssuerName: "Example Metering", .listCost: "0.003",
            .listUnitPrice: "0.002", .pricingCategory: "Standard", .pricingCurrency: "USD",
            .pricingCurrencyContractedUnitPrice: "0.002", .pricingCurrencyEffectiveCost: "0.003",
            .pricingCurrencyListUnitPrice: "0.002", .pricingQuantity: "1.5", .pricingUnit: "1000 Tokens",
            .providerName: "Example Metering", .publisherName: "Example Metering",
            .resourceID: "tokens_total/customer-1/m", .resourceType: "Meter",
            .serviceCategory: "AI and Machine Learning", .serviceName: "Example AI",
            .serviceProviderName: "Example Metering", .serviceSubcategory: "Other (AI and Machine Learning)",
            .skuID: "tokens", .skuMeter: "AI Tokens", .skuPriceID: "tokens",
        ]
        for column in FocusColumn.allCases {
            #expect(charge.text(of: column) == expected[column], "\(column.rawValue)")
        }
    }

    @Test("what is configured is in its column")
    func configured() throws {
        let charge = try Samples.charge { profile in
            profile.provider = .constant("Example Cloud")
            profile.host = .constant("Example Host")
            profile.publisher = .constant("Example Maker")
            profile.invoiceIssuer = .constant("Example Cloud")
            profile.billingAccountName = .constant("Example Org")
            profile.billingAccountType = .constant("Tenant")
            profile.serviceSubcategory = "Generative AI"
            profile.regionID = .constant("eu-west-1")
            profile.regionName = .constant("Ireland")
            profile.availabilityZone = .constant("eu-west-1a")
            profile.subAccountID = .subject
            profile.subAccountName = .constant("First Customer")
            profile.subAccountType = .constant("Customer")
            profile.resourceID = .dimension("model")
            profile.resourceName = .constant("Large model")
            profile.resourceType = .constant("Model")
            profile.tags = [
                .init(key: "model", value: .dimension("model")), .init(key: "env", value: .constant("prod")),
            ]
        }
        let expected: [FocusColumn: String] = [
            .providerName: "Example Cloud", .serviceProviderName: "Example Cloud", .hostProviderName: "Example Host",
            .publisherName: "Example Maker", .invoiceIssuerName: "Example Cloud", .billingAccountName: "Example Org",
            .billingAccountType: "Tenant", .serviceSubcategory: "Generative AI", .regionID: "eu-west-1",
            .regionName: "Ireland", .availabilityZone: "eu-west-1a", .subAccountID: "customer-1",
            .subAccountName: "First Customer", .subAccountType: "Customer", .resourceID: "m",
            .resourceName: "Large model", .resourceType: "Model", .tags: #"{"env":"prod","model":"m"}"#,
        ]
        for (column, text) in expected { #expect(charge.text(of: column) == text, "\(column.rawValue)") }
    }

    @Test(
        "every column that a usage row may not leave null has a value, whatever the usage holds",
        arguments: FocusFormat.Version.allCases
    )
    func neverNull(version: FocusFormat.Version) throws {
        let charge = try Samples.charge(subject: "", model: "")
        for line in try FocusTable().lines(of: version) {
            guard
                line.usageRow.contains("never null") || line.usageRow.contains("non-null")
                    || line.usageRow.hasPrefix("=")
            else { continue }
            let column = try #require(FocusColumn(rawValue: line.column))
            #expect(charge.text(of: column)?.isEmpty == false, "\(line.column)")
        }
    }

    @Test("no column is an empty text, whatever the usage holds")
    func noEmptyText() throws {
        let charge = try Samples.charge(subject: "", model: "") { profile in
            (profile.regionID, profile.subAccountID, profile.resourceID) = (.dimension("model"), .subject, .subject)
            (profile.host, profile.availabilityZone) = (.dimension("model"), .constant(""))
            profile.tags = [.init(key: "who", value: .subject)]
        }
        for column in FocusColumn.allCases { #expect(charge.text(of: column) != "", "\(column.rawValue)") }
        #expect(charge.text(of: .hostProviderName) == "Example Metering")
        #expect(charge.text(of: .tags) == nil)
    }

    @Test("names and types are null exactly where their ids are")
    func nullTogether() throws {
        for subject in ["", "customer-1"] {
            let charge = try Samples.charge(subject: subject) { profile in
                (profile.regionID, profile.subAccountID, profile.resourceID) = (.subject, .subject, .subject)
                profile.regionName = .constant("Ireland")
                profile.subAccountType = .constant("Customer")
                profile.resourceName = .constant("Model")
            }
            let columns: [FocusColumn] = [
                .regionID, .regionName, .subAccountID, .subAccountName, .subAccountType, .resourceID, .resourceName,
                .resourceType,
            ]
            for column in columns {
                #expect((charge.text(of: column) == nil) == subject.isEmpty, "\(column.rawValue) of \"\(subject)\"")
            }
        }
    }

    @Test("a name that is not configured is the id")
    func defaultNames() throws {
        let charge = try Samples.charge { profile in
            (profile.regionID, profile.subAccountID) = (.constant("eu-west-1"), .subject)
        }
        #expect(charge.text(of: .regionName) == "eu-west-1")
        #expect(charge.text(of: .subAccountName) == "customer-1")
        #expect(charge.text(of: .subAccountType) == "Sub Account")
    }

    @Test("a resource's name is never a copy of its id")
    func resourceName() throws {
        let copy = try Samples.charge(subject: "m") { profile in
            (profile.resourceID, profile.resourceName) = (.dimension("model"), .subject)
        }
        #expect(copy.text(of: .resourceID) == "m")
        #expect(copy.text(of: .resourceName) == nil)
        let name = try Samples.charge { $0.resourceName = .subject }
        #expect(name.text(of: .resourceName) == "customer-1")
    }

    @Test("what another company invoices is billed as 0 and costs in effect what was contracted")
    func thirdParty() throws {
        let constant = try Samples.charge { $0.invoiceIssuer = .constant("Example Marketplace") }
        #expect(constant.text(of: .billedCost) == "0.0")
        #expect(constant.text(of: .effectiveCost) == "0.003")
        let own = try Samples.charge(model: "Example Metering") { $0.invoiceIssuer = .dimension("model") }
        #expect(own.text(of: .billedCost) == "0.003")
        let other = try Samples.charge(model: "Example Reseller") { $0.invoiceIssuer = .dimension("model") }
        #expect(other.text(of: .billedCost) == "0.0")
    }

    @Test("tags are a flat JSON object with sorted keys; those without a value are left out")
    func tags() throws {
        let charge = try Samples.charge(subject: "a \"b\"\\\n\u{1}é") { profile in
            profile.tags = [
                .init(key: "zone", value: .constant("")), .init(key: "who", value: .subject),
                .init(key: "env", value: .constant("prod")),
            ]
        }
        #expect(charge.text(of: .tags) == #"{"env":"prod","who":"a \"b\"\\\n\u0001é"}"#)
        #expect(charge.tags.map(\.key) == ["env", "who"])
    }

    @Test("a series' name tells every series apart, slashes in their names or not")
    func seriesIDs() throws {
        let series = [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"), ("a", "b"), ("", "a/b/c"), ("a", ""), ("a/", "")]
        let ids = try series.map { try Samples.charge(subject: $0.0, model: $0.1).seriesID }
        #expect(Set(ids).count == series.count)
        #expect(ids[0] == "tokens_total/a%2Fb/c")
        #expect(ids[2] == "tokens_total/a%252Fb/c")
        #expect(ids[3] == "tokens_total/a/b")
    }

    @Test("custom columns hold constants, the subject and dimensions, null where these are empty")
    func custom() throws {
        let columns: [FocusProfile.CustomColumn] = [
            .init(name: "x_CostCenter", value: .constant("4711")), .init(name: "x_Customer", value: .subject),
            .init(name: "x_Model", value: .dimension("model")),
        ]
        let charge = try Samples.charge(model: "") { $0.customColumns = columns }
        #expect(charge.text(ofCustom: "x_CostCenter") == "4711")
        #expect(charge.text(ofCustom: "x_Customer") == "customer-1")
        #expect(charge.text(ofCustom: "x_Model") == nil)
        #expect(charge.text(ofCustom: "x_Other") == nil)
    }

    @Test("the parts that other formats write are those of the columns")
    func typed() throws {
        let charge = try Samples.charge(price: try Samples.price(Samples.flat("2"), contracted: Samples.flat("1"))) {
            $0.subAccountID = .subject
        }
        #expect(charge.day.description == "2025-06-07")
        #expect(charge.period.description == "2025-06")
        #expect(charge.listCost.description == "3000")
        #expect(charge.contractedCost.description == "1500")
        #expect(charge.effectiveCost == charge.contractedCost)
        #expect(charge.billedCost == charge.contractedCost)
        #expect(charge.pricingUnit == "Tokens")
        #expect(charge.currency == "USD")
        #expect(charge.subAccountID == "customer-1")
        #expect(charge.dimension(named: "model") == "m")
        #expect(charge.dimension(named: "zone") == nil)
        #expect(charge.meter.slug == "tokens_total")
        #expect(charge.profile.serviceCategory == "AI and Machine Learning")
    }

    @Test("texts in any script are written as they were measured")
    func scripts() throws {
        let charge = try Samples.charge(subject: "Größe", model: "数量")
        #expect(charge.text(of: .resourceID) == "tokens_total/Größe/数量")
        #expect(charge.text(of: .chargeDescription) == "tokens_total usage by Größe on 2025-06-07")
    }

    @Test("without a subject the description has none")
    func noSubject() throws {
        #expect(try Samples.charge(subject: "").description == "tokens_total usage on 2025-06-07")
    }
}
