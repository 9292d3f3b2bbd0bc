import Metering
import ReportDefinitions

/// A meter of a FOCUS report with everything its rows take from the configuration.
struct FocusMeter {
    let meter: Meter
    let profile: FocusProfile
    /// Not empty; by the first day each holds.
    private let prices: [Price]
    private let dimensionIndex: [String: Int]

    /// Finds what the configuration says of a meter.
    /// - Throws: a sentence that says what is missing.
    init(slug: String, in catalog: ReportCatalog) throws(ReportDefinitionProblem) {
        guard let meter = catalog.meters[slug] else {
            throw ReportDefinitionProblem("there is no meter \(slug)")
        }
        guard let profile = catalog.focusProfiles[slug] else {
            throw ReportDefinitionProblem("meter \(slug) has no focus: values")
        }
        let prices = catalog.prices.filter { $0.meter == slug }.sorted { $0.from < $1.from }
        guard !prices.isEmpty else {
            throw ReportDefinitionProblem("meter \(slug) has no price; add one under prices:")
        }
        if let foreign = prices.first(where: { $0.currency != profile.currency }) {
            throw ReportDefinitionProblem(
                "the price of meter \(slug) from \(foreign.from) is in \(foreign.currency), the billing currency is "
                    + "\(profile.currency); FOCUS costs are in the billing currency and nothing here converts"
            )
        }
        let names = Set(meter.groupBy.map(\.name))
        for case .dimension(let name) in profile.values where !names.contains(name) {
            throw ReportDefinitionProblem("focus: names the dimension \(name), which meter \(slug) does not have")
        }
        self.meter = meter
        self.profile = profile
        self.prices = prices
        self.dimensionIndex = Dictionary(
            meter.groupBy.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// What a usage query groups by, so that each row is one series.
    var groupBy: [String] { ["subject"] + meter.groupBy.map(\.name) }

    /// The price that holds on a day: the last one that began on it or before.
    func price(on day: LocalDay) throws(ReportContentError) -> Price {
        guard let price = prices.last(where: { $0.from <= day }) else {
            throw .noPrice(meter: meter.slug, day: day, first: prices[0].from)
        }
        return price
    }

    /// A configured value for one series; nil where it is empty, since FOCUS knows null but no empty text.
    func text(_ value: FocusValue?, of row: UsageRow) -> String? {
        let text: String? =
            switch value {
            case nil: nil
            case .constant(let text): text
            case .subject: row.subject
            case .dimension(let name): dimensionIndex[name].map { row.dimensions[$0] }
            }
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// What a report's definition lacks; the configuration should have refused it.
struct ReportDefinitionProblem: Error {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}

extension FocusProfile {
    /// Every value that may come from usage.
    fileprivate var values: [FocusValue] {
        let optional = [
            billingAccountName, billingAccountType, regionID, regionName, subAccountID, subAccountName, subAccountType,
            resourceID, resourceName, resourceType,
        ]
        return [provider, publisher, invoiceIssuer, billingAccountID, serviceName]
            + optional.compactMap { $0 } + tags.map(\.value)
    }
}
