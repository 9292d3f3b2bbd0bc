import Metering
import ReportDefinitions

extension FocusCharge {
    /// What a column holds in this row; nil for null.
    func text(of column: FocusColumn) -> String? {
        switch column {
        case .availabilityZone, .capacityReservationID, .capacityReservationStatus, .chargeClass,
            .commitmentDiscountCategory, .commitmentDiscountID, .commitmentDiscountName, .commitmentDiscountQuantity,
            .commitmentDiscountStatus, .commitmentDiscountType, .commitmentDiscountUnit, .invoiceID, .skuPriceDetails:
            nil
        case .billedCost: billedCost.focusText
        case .billingAccountID: billingAccountID
        case .billingAccountName: billingAccountName
        case .billingAccountType: billingAccountType
        case .billingCurrency: profile.currency
        case .billingPeriodEnd: period.next.first.focusText
        case .billingPeriodStart: period.first.focusText
        case .chargeCategory: "Usage"
        case .chargeDescription: description
        case .chargeFrequency: "Usage-Based"
        case .chargePeriodEnd: day.next.focusText
        case .chargePeriodStart: day.focusText
        case .consumedQuantity: consumedQuantity.focusText
        case .consumedUnit: price.consumedUnit
        // Without commitments what a charge costs in effect is what was contracted.
        case .contractedCost, .effectiveCost, .pricingCurrencyEffectiveCost: contractedCost.focusText
        case .contractedUnitPrice, .pricingCurrencyContractedUnitPrice: price.contractedUnitPrice.focusText
        case .invoiceIssuerName: invoiceIssuer
        case .listCost: listCost.focusText
        case .listUnitPrice, .pricingCurrencyListUnitPrice: price.listUnitPrice.focusText
        case .pricingCategory: "Standard"
        case .pricingCurrency: price.currency
        case .pricingQuantity: pricingQuantity.focusText
        case .pricingUnit: price.unit
        case .providerName: provider
        case .publisherName: publisher
        case .regionID: regionID
        case .regionName: regionName
        case .resourceID: resourceID
        case .resourceName: resourceName
        case .resourceType: resourceType
        case .serviceCategory: profile.serviceCategory
        case .serviceName: serviceName
        case .serviceSubcategory: profile.serviceSubcategory
        case .skuID: price.sku
        case .skuMeter: meterName
        case .skuPriceID: "\(price.sku)-\(price.currency.lowercased())"
        case .subAccountID: subAccountID
        case .subAccountName: subAccountName
        case .subAccountType: subAccountType
        case .tags: tags
        }
    }
}

extension ExactDecimal {
    /// A plain decimal with at least one digit after the point, since readers guess a column's type from its cells.
    var focusText: String { description(minimumFractionDigits: 1) }
}

extension LocalDay {
    /// The day's first instant in UTC.
    var focusText: String { "\(self)T00:00:00Z" }
}
