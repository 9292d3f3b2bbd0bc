import Metering
import ReportDefinitions

/// One row of a FOCUS dataset: what one series of one meter used on one day, and what that costs.
///
/// FOCUS 1.2, https://focus.finops.org/focus-specification/v1-2/. No number is rounded: what has no exact decimal is
/// refused.
struct FocusCharge {
    let day: LocalDay
    let period: BillingPeriod
    let price: Price
    let profile: FocusProfile
    let meterName: String
    let description: String

    let consumedQuantity: ExactDecimal
    let pricingQuantity: ExactDecimal
    let listCost: ExactDecimal
    let contractedCost: ExactDecimal
    let billedCost: ExactDecimal

    let provider: String
    let publisher: String
    let invoiceIssuer: String
    let billingAccountID: String
    let serviceName: String
    let billingAccountName: String?
    let billingAccountType: String?
    let regionID: String?
    let regionName: String?
    let subAccountID: String?
    let subAccountName: String?
    let subAccountType: String?
    let resourceID: String?
    let resourceName: String?
    let resourceType: String?
    let tags: String?

    /// Makes the row of a usage row that was grouped by `FocusMeter.groupBy`.
    init(day: LocalDay, row: UsageRow, of focus: FocusMeter) throws(ReportContentError) {
        let slug = focus.meter.slug
        func needed(_ value: FocusValue, _ column: FocusColumn) throws(ReportContentError) -> String {
            guard let text = focus.text(value, of: row) else {
                throw .emptyColumn(column.rawValue, meter: slug, day: day, source: value.description)
            }
            return text
        }
        self.day = day
        period = BillingPeriod(containing: day)
        price = try focus.price(on: day)
        profile = focus.profile
        meterName = focus.meter.name
        let subject = row.subject ?? ""
        description = subject.isEmpty ? "\(slug) usage on \(day)" : "\(slug) usage by \(subject) on \(day)"

        provider = try needed(profile.provider, .providerName)
        publisher = try needed(profile.publisher, .publisherName)
        invoiceIssuer = try needed(profile.invoiceIssuer, .invoiceIssuerName)
        billingAccountID = try needed(profile.billingAccountID, .billingAccountID)
        serviceName = try needed(profile.serviceName, .serviceName)
        // A name and a type are null exactly where their id is.
        billingAccountName = focus.text(profile.billingAccountName, of: row) ?? billingAccountID
        billingAccountType = focus.text(profile.billingAccountType, of: row) ?? "Billing Account"
        regionID = focus.text(profile.regionID, of: row)
        regionName = regionID.map { focus.text(focus.profile.regionName, of: row) ?? $0 }
        subAccountID = focus.text(profile.subAccountID, of: row)
        subAccountName = subAccountID.map { focus.text(focus.profile.subAccountName, of: row) ?? $0 }
        subAccountType = subAccountID.map { _ in focus.text(focus.profile.subAccountType, of: row) ?? "Sub Account" }
        resourceID =
            profile.resourceID == nil
            ? Self.seriesID(slug: slug, subject: subject, dimensions: row.dimensions)
            : focus.text(profile.resourceID, of: row)
        // An id of our making is no display name: the specification wants null there.
        resourceName = resourceID.flatMap { _ in focus.text(focus.profile.resourceName, of: row) }
        resourceType = resourceID.map { _ in focus.text(focus.profile.resourceType, of: row) ?? "Meter" }
        tags = FocusTags.text(profile.tags.map { ($0.key, focus.text($0.value, of: row)) })

        consumedQuantity = row.value
        let place = "for \(description)"
        pricingQuantity = try Self.exact("PricingQuantity \(place)") {
            try row.value.divided(by: focus.price(on: day).per)
        }
        let quantity = pricingQuantity
        let (list, contracted) = (price.listUnitPrice, price.contractedUnitPrice)
        listCost = try Self.exact("ListCost \(place)") { try list.multiplied(by: quantity) }
        contractedCost = try Self.exact("ContractedCost \(place)") { try contracted.multiplied(by: quantity) }
        billedCost = invoiceIssuer == provider ? contractedCost : .zero
    }

    /// Names a series: the meter, the subject and the dimensions' values by `/`. A `/` or `%` in a value is
    /// percent-encoded, so that different series have different names.
    static func seriesID(slug: String, subject: String, dimensions: [String]) -> String {
        ([slug, subject] + dimensions).map { part in
            part.unicodeScalars.reduce(into: "") { name, scalar in
                switch scalar {
                case "/": name += "%2F"
                case "%": name += "%25"
                default: name.unicodeScalars.append(scalar)
                }
            }
        }.joined(separator: "/")
    }

    private static func exact(
        _ what: String,
        _ compute: () throws -> ExactDecimal
    ) throws(ReportContentError) -> ExactDecimal {
        do {
            return try compute()
        } catch let error as ExactDecimalError {
            if case .overflow = error { throw .overflow(what) }
            throw .inexact(what)
        } catch let error as ReportContentError {
            throw error
        } catch {
            throw .inexact(what)
        }
    }
}
