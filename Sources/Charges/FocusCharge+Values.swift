public import Metering
public import ReportDefinitions

extension FocusCharge {
    /// The day (UTC) that is charged.
    public var day: LocalDay { context.day }
    /// The month that is billed.
    public var period: BillingPeriod { BillingPeriod(containing: context.day) }
    /// The meter with its prices.
    public var pricedMeter: PricedMeter { context.meter }
    /// The meter.
    public var meter: Meter { context.meter.meter }
    /// What usage cannot know of the row.
    public var profile: FocusProfile { context.meter.profile }
    /// ISO 4217.
    public var currency: String { context.price.currency }
    /// What it costs in effect: the contracted cost, there being no commitments.
    public var effectiveCost: ExactDecimal { contractedCost }
    /// Per pricing unit, zero or more.
    public var listUnitPrice: ExactDecimal { part.listUnitPrice }
    /// Per pricing unit, zero or more.
    public var contractedUnitPrice: ExactDecimal { part.contractedUnitPrice }
    /// For example `Tokens`.
    public var consumedUnit: String { context.price.consumedUnit }
    /// For example `1000 Tokens`.
    public var pricingUnit: String { context.price.unit }
    /// The price's SKU.
    public var skuID: String { context.price.sku }
    /// The SKU and the part of its price; rows of one series and day have different ones.
    public var skuPriceID: String { part.skuPriceID }
    /// Which tier of the list price it is, as a flat JSON object of texts; nil where the list price is flat.
    public var skuPriceDetails: String? { part.details }

    /// What was used by whom on which day, in which part of the price.
    public var description: String {
        var text = context.meter.meter.slug + " usage"
        if !subject.isEmpty { text += " by " + subject }
        text += " on " + context.dayText
        if let label = part.label { text += " (" + label + ")" }
        return text
    }

    /// Who provides the service; never empty.
    public var provider: String { text(context.meter.values.provider) ?? "" }
    /// Whose infrastructure it runs on; the provider where that is not known.
    public var host: String { text(context.meter.values.host) ?? provider }
    /// Who made the service; never empty.
    public var publisher: String { text(context.meter.values.publisher) ?? "" }
    /// Who sends the invoice; never empty.
    public var invoiceIssuer: String { text(context.meter.values.invoiceIssuer) ?? "" }
    /// Never empty.
    public var serviceName: String { text(context.meter.values.serviceName) ?? "" }
    /// One of the specification's categories.
    public var serviceCategory: String { profile.serviceCategory }
    /// One of the category's.
    public var serviceSubcategory: String { profile.serviceSubcategory }
    /// Never empty.
    public var billingAccountID: String { text(context.meter.values.billingAccountID) ?? "" }
    /// The id where there is no name.
    public var billingAccountName: String { text(context.meter.values.billingAccountName) ?? billingAccountID }
    /// `Billing Account` where there is none.
    public var billingAccountType: String { text(context.meter.values.billingAccountType) ?? "Billing Account" }
    /// nil: null.
    public var subAccountID: String? { text(context.meter.values.subAccountID) }
    /// nil where the id is, else the id where there is no name.
    public var subAccountName: String? { subAccountID.map { text(context.meter.values.subAccountName) ?? $0 } }
    /// nil where the id is, else `Sub Account` where there is none.
    public var subAccountType: String? {
        subAccountID.map { _ in text(context.meter.values.subAccountType) ?? "Sub Account" }
    }
    /// nil: null.
    public var regionID: String? { text(context.meter.values.regionID) }
    /// nil where the id is, else the id where there is no name.
    public var regionName: String? { regionID.map { text(context.meter.values.regionName) ?? $0 } }
    /// nil: null.
    public var availabilityZone: String? { text(context.meter.values.availabilityZone) }

    /// What is configured, which may be nil; the series' own name where nothing is.
    public var resourceID: String? {
        guard let resourceID = context.meter.values.resourceID else { return seriesID }
        return text(resourceID)
    }

    /// nil where there is none, where the id is nil, and where it is no other than the id, which is no display name.
    public var resourceName: String? {
        guard let name = text(context.meter.values.resourceName), let id = resourceID, !name.hasSameBytes(as: id) else {
            return nil
        }
        return name
    }

    /// nil where the id is, else `Meter` where there is none.
    public var resourceType: String? {
        hasResource ? text(context.meter.values.resourceType) ?? "Meter" : nil
    }

    /// Tags that have a value, sorted by key.
    public var tags: [(key: String, value: String)] {
        context.meter.values.tags.compactMap { key, value in text(value).map { (key, $0) } }
    }

    /// Names the series: the meter, the subject and the dimensions' values by `/`. A `/` or `%` in a value is
    /// percent-encoded, so that different series have different names.
    public var seriesID: String {
        var name = context.meter.meter.slug
        for value in [subject] + dimensions {
            name += "/"
            if value.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) {
                for scalar in value.unicodeScalars {
                    switch scalar {
                    case "/": name += "%2F"
                    case "%": name += "%25"
                    default: name.unicodeScalars.append(scalar)
                    }
                }
            } else {
                name += value
            }
        }
        return name
    }

    /// The value of a dimension; nil where the meter has none of that name, or the series no value of it.
    public func dimension(named name: String) -> String? {
        guard let index = meter.groupBy.firstIndex(where: { $0.name == name }) else { return nil }
        return text(.dimension(index))
    }

    private var hasResource: Bool {
        context.meter.values.resourceID.map { text($0) != nil } ?? true
    }

    private func text(_ value: SeriesValue) -> String? {
        value.text(subject: subject, dimensions: dimensions)
    }
}
