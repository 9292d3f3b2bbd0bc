import Metering
import ReportDefinitions

/// Where a column's value comes from, the dimension found among the meter's.
enum SeriesValue: Sendable {
    case null
    case constant(String)
    case subject
    case dimension(Int)

    /// The value for a series; nil where it is empty, since FOCUS knows null but no empty text.
    func text(subject: String, dimensions: [String]) -> String? {
        let text: String
        switch self {
        case .null: return nil
        case .constant(let constant): return constant
        case .subject: text = subject
        case .dimension(let index): text = dimensions[index]
        }
        return text.isEmpty ? nil : text
    }
}

/// Where the values of a meter's columns come from.
struct SeriesValues: Sendable {
    let provider: SeriesValue
    let host: SeriesValue
    let publisher: SeriesValue
    let invoiceIssuer: SeriesValue
    let billingAccountID: SeriesValue
    let billingAccountName: SeriesValue
    let billingAccountType: SeriesValue
    let serviceName: SeriesValue
    let regionID: SeriesValue
    let regionName: SeriesValue
    let availabilityZone: SeriesValue
    let subAccountID: SeriesValue
    let subAccountName: SeriesValue
    let subAccountType: SeriesValue
    /// nil: the series' own name.
    let resourceID: SeriesValue?
    let resourceName: SeriesValue
    let resourceType: SeriesValue
    /// Sorted by key.
    let tags: [(key: String, value: SeriesValue)]
    let custom: [String: SeriesValue]
    /// Those that may not be null and can be, with what they are called.
    let needed: [Needed]
    /// Whether the provider sends the invoice; nil: it depends on the series.
    let providerInvoices: Bool?

    /// A column that may not be null whose value comes from usage.
    struct Needed: Sendable {
        let column: String
        let value: SeriesValue
        let source: FocusValue
    }

    /// - Throws: a sentence that names a dimension the meter does not have, or a column that can have no value.
    init(of profile: FocusProfile, meter: Meter) throws(ReportDefinitionProblem) {
        func found(_ value: FocusValue?) throws(ReportDefinitionProblem) -> SeriesValue {
            switch value {
            case nil, .constant(""): return .null
            case .constant(let text): return .constant(text)
            case .subject: return .subject
            case .dimension(let name):
                guard let index = meter.groupBy.firstIndex(where: { $0.name == name }) else {
                    throw ReportDefinitionProblem(
                        "focus: names the dimension \(name), which meter \(meter.slug) does not have"
                    )
                }
                return .dimension(index)
            }
        }
        var needed: [Needed] = []
        func found(_ value: FocusValue, for column: String) throws(ReportDefinitionProblem) -> SeriesValue {
            let series = try found(value)
            switch series {
            case .constant: break
            case .null:
                throw ReportDefinitionProblem("\(column) may not be null, but meter \(meter.slug) has no value for it")
            case .subject, .dimension: needed.append(Needed(column: column, value: series, source: value))
            }
            return series
        }
        provider = try found(profile.provider, for: "ProviderName (ServiceProviderName from 1.3 on)")
        publisher = try found(profile.publisher, for: FocusColumn.publisherName.rawValue)
        invoiceIssuer = try found(profile.invoiceIssuer, for: FocusColumn.invoiceIssuerName.rawValue)
        billingAccountID = try found(profile.billingAccountID, for: FocusColumn.billingAccountID.rawValue)
        serviceName = try found(profile.serviceName, for: FocusColumn.serviceName.rawValue)
        host = try found(profile.host)
        billingAccountName = try found(profile.billingAccountName)
        billingAccountType = try found(profile.billingAccountType)
        regionID = try found(profile.regionID)
        regionName = try found(profile.regionName)
        availabilityZone = try found(profile.availabilityZone)
        subAccountID = try found(profile.subAccountID)
        subAccountName = try found(profile.subAccountName)
        subAccountType = try found(profile.subAccountType)
        resourceID = profile.resourceID == nil ? nil : try found(profile.resourceID)
        resourceName = try found(profile.resourceName)
        resourceType = try found(profile.resourceType)
        var tags: [(key: String, value: SeriesValue)] = []
        for tag in profile.tags { tags.append((tag.key, try found(tag.value))) }
        self.tags = tags.sorted { $0.key.precedesBytewise($1.key) }
        var custom: [String: SeriesValue] = [:]
        for column in profile.customColumns { custom[column.name] = try found(column.value) }
        self.custom = custom
        self.needed = needed
        if case (.constant(let issuer), .constant(let provider)) = (invoiceIssuer, provider) {
            providerInvoices = issuer.hasSameBytes(as: provider)
        } else {
            providerInvoices = nil
        }
    }
}
