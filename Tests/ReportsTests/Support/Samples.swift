import CloudEvents
import Metering
import ReportDefinitions
import Testing

/// Definitions that many tests share.
enum Samples {
    static func meter(slug: String = "tokens_total", name: String = "AI Tokens", dimensions: [String] = ["model"])
        throws -> Meter
    {
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
        per: String = "1000",
        from: String = "2025-01-01",
        currency: String = "USD"
    ) throws -> Price {
        Price(
            meter: meter,
            sku: "tokens",
            unit: "1000 Tokens",
            per: try ExactDecimal(per),
            consumedUnit: "Tokens",
            currency: currency,
            from: try #require(LocalDay(from)),
            list: Rates(unitPrice: try ExactDecimal(list))
        )
    }

    static func catalog(_ reports: [Report]) throws -> ReportCatalog {
        ReportCatalog(
            reports: reports,
            meters: ["tokens_total": try meter()],
            focusProfiles: ["tokens_total": profile()],
            prices: [try price()],
            destinations: ["local": Destination(name: "local", kind: .directory("reports"))]
        )
    }

    static func telemetry(
        dimensions: [String] = ["subject", "model"],
        dateFormat: TelemetryFormat.DateFormat = .dashed,
        files: TelemetryFormat.Files = .daily
    ) -> TelemetryFormat {
        TelemetryFormat(
            meter: "tokens_total",
            dimensions: dimensions,
            dateColumn: "date",
            metricColumn: "tokens",
            dateFormat: dateFormat,
            files: files
        )
    }

    static func csvReport(
        _ telemetry: TelemetryFormat = telemetry(),
        name: String = "tokens",
        zone: Zone = .utc,
        grace: Int = 3600,
        schedule: Schedule = .every(seconds: 3600)
    ) -> Report {
        Report(
            name: name,
            format: .csv(telemetry),
            zone: zone,
            grace: grace,
            destination: "local",
            prefix: "\(name)/",
            schedule: schedule
        )
    }

    /// A report of any format, whose days close an hour after midnight.
    static func report(_ format: Report.Format, name: String, prefix: String = "cost/") -> Report {
        Report(
            name: name,
            format: format,
            zone: .utc,
            grace: 3600,
            destination: "local",
            prefix: prefix,
            schedule: .every(seconds: 3600)
        )
    }

    static func focusReport(
        name: String = "focus",
        meters: [String] = ["tokens_total"],
        version: FocusFormat.Version = .v1_2,
        compression: FocusFormat.Compression = .none,
        delivery: FocusFormat.Delivery = .overwrite
    ) -> Report {
        let format = FocusFormat(version: version, meters: meters, compression: compression, delivery: delivery)
        return report(.focus(format), name: name)
    }

    static func reconciliation(of reports: [String]) -> Report {
        report(.reconciliation(ReconciliationFormat(reports: reports)), name: "reconciliation", prefix: "audit/")
    }
}
