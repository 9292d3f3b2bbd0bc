import CloudEvents
import Metering
import ReportDefinitions
import Testing

/// Definitions that many tests share.
enum Samples {
    static func meter(
        slug: String = "tokens_total",
        name: String = "AI Tokens",
        dimensions: [String] = ["model"]
    ) throws -> Meter {
        try Meter(
            slug: slug,
            name: name,
            eventType: "prompt",
            aggregation: .sum,
            valueProperty: ValuePath("$.tokens"),
            groupBy: dimensions.map { Dimension(name: $0, path: try ValuePath("$.\($0)")) }
        )
    }

    static func profile() -> FocusProfile {
        var profile = FocusProfile(
            provider: .constant("Example Metering"),
            billingAccountID: .constant("acct-001"),
            currency: "USD",
            serviceName: .constant("Example AI"),
            serviceCategory: "AI and Machine Learning"
        )
        profile.billingAccountName = .constant("Example Org")
        profile.billingAccountType = .constant("Billing Account")
        profile.serviceSubcategory = "Generative AI"
        profile.regionID = .constant("eu-west-1")
        profile.regionName = .constant("Ireland")
        profile.subAccountID = .subject
        profile.subAccountName = .subject
        profile.subAccountType = .constant("Customer")
        profile.tags = [.init(key: "model", value: .dimension("model"))]
        return profile
    }

    static func price(
        meter: String = "tokens_total",
        list: String = "0.002",
        contracted: String? = nil,
        currency: String = "USD",
        from: String = "2025-01-01"
    ) throws -> Price {
        Price(
            meter: meter,
            sku: "tokens",
            unit: "1000 Tokens",
            per: try ExactDecimal("1000"),
            consumedUnit: "Tokens",
            currency: currency,
            from: try #require(LocalDay(from)),
            list: Rates(unitPrice: try ExactDecimal(list)),
            contracted: try contracted.map { Rates(unitPrice: try ExactDecimal($0)) }
        )
    }

    /// 10 units are free, 100 more cost 0.1 each, the rest 0.05.
    static func tieredPrice(_ mode: Rates.Mode = .graduated) throws -> Price {
        var price = try price()
        price.unit = "Tokens"
        price.per = .one
        price.list = Rates(
            allowance: ExactDecimal(10),
            mode: mode,
            tiers: [
                .init(upTo: ExactDecimal(100), unitPrice: try ExactDecimal("0.1")),
                .init(upTo: nil, unitPrice: try ExactDecimal("0.05")),
            ]
        )
        price.contracted = price.list
        return price
    }

    static func catalog() throws -> ReportCatalog {
        ReportCatalog(
            reports: [],
            meters: ["tokens_total": try meter()],
            focusProfiles: ["tokens_total": profile()],
            prices: [try price()],
            destinations: ["local": Destination(name: "local", kind: .directory("reports"))]
        )
    }

    /// Two meters with other columns, tags and prices each: `tokens_total` with tiers, and `api_calls`, which has no
    /// dimension, in `currency`.
    static func richCatalog(currency: String = "USD") throws -> ReportCatalog {
        var catalog = try catalog()
        catalog.prices = [try tieredPrice()]
        catalog.focusProfiles["tokens_total"]?.customColumns = [
            .init(name: "x_Model", value: .dimension("model")), .init(name: "x_Team", value: .constant("Team, \"A\"")),
        ]
        catalog.focusProfiles["tokens_total"]?.host = .constant("Example Cloud")
        catalog.meters["api_calls"] = try meter(slug: "api_calls", name: "API Calls", dimensions: [])
        var profile = FocusProfile(
            provider: .constant("Example Metering"),
            billingAccountID: .constant("acct-001"),
            currency: currency,
            serviceName: .constant("Example API"),
            serviceCategory: "Integration"
        )
        profile.tags = [
            .init(key: "env", value: .constant("prod")), .init(key: "customer", value: .subject),
        ]
        profile.customColumns = [.init(name: "x_Customer", value: .subject)]
        catalog.focusProfiles["api_calls"] = profile
        var price = try price(meter: "api_calls", list: "0.25", contracted: "0.2", currency: currency)
        price.sku = "api"
        price.unit = "1000 Requests"
        price.consumedUnit = "Requests"
        catalog.prices.append(price)
        return catalog
    }

    static let richMeters = ["tokens_total", "api_calls"]

    /// Two days of both meters.
    static func richUsage() throws -> ListedUsage {
        try ListedUsage([
            ("tokens_total", "2025-06-06", "customer-1", "60", ["model": "small"]),
            ("tokens_total", "2025-06-06", "customer-1", "0", ["model": "none"]),
            ("tokens_total", "2025-06-07", "customer-1", "12.5", ["model": "large, \"v2\""]),
            ("tokens_total", "2025-06-07", "customer-1", "50", ["model": "small"]),
            ("tokens_total", "2025-06-07", "Größe/数量: \u{1F9EE}", "5", ["model": "50%;a:b"]),
            ("api_calls", "2025-06-07", "customer-2", "1500", [:]),
            ("api_calls", "2025-06-07", "", "100", [:]),
        ])
    }

    static func report(_ format: Report.Format, formulaEscape: Bool = false) -> Report {
        Report(
            name: "sample",
            format: format,
            zone: .utc,
            grace: 3600,
            destination: "local",
            prefix: "sample/",
            schedule: .every(seconds: 3600),
            formulaEscape: formulaEscape
        )
    }

    static func telemetry(
        meter: String = "tokens_total",
        dimensions: [String] = ["subject", "model"],
        dateFormat: TelemetryFormat.DateFormat = .dashed
    ) -> TelemetryFormat {
        TelemetryFormat(
            meter: meter,
            dimensions: dimensions,
            dateColumn: "date",
            metricColumn: "tokens",
            dateFormat: dateFormat,
            files: .daily
        )
    }
}
