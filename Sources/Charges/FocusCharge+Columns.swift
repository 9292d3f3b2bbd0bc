import Metering
import ReportDefinitions

extension FocusCharge {
    /// What a column holds in this row; nil for null. Whether a version has the column is ``FocusColumn/columns(of:)``'s to
    /// say.
    public func text(of column: FocusColumn) -> String? {
        switch column {
        // What only split, committed, reserved, corrected or invoiced charges have.
        case .allocatedMethodDetails, .allocatedMethodID, .allocatedResourceID, .allocatedResourceName, .allocatedTags,
            .capacityReservationID, .capacityReservationStatus, .chargeClass, .commitmentDiscountCategory,
            .commitmentDiscountID, .commitmentDiscountName, .commitmentDiscountQuantity, .commitmentDiscountStatus,
            .commitmentDiscountType, .commitmentDiscountUnit, .commitmentProgramEligibilityDetails, .contractApplied,
            .invoiceDetailID, .invoiceID:
            nil
        case .availabilityZone: availabilityZone
        case .billedCost: billedCost.focusText
        case .billingAccountID: billingAccountID
        case .billingAccountName: billingAccountName
        case .billingAccountType: billingAccountType
        case .billingCurrency, .pricingCurrency: currency
        case .billingPeriodEnd: context.billingPeriodEnd
        case .billingPeriodStart: context.billingPeriodStart
        case .chargeCategory: "Usage"
        case .chargeDescription: description
        case .chargeFrequency: "Usage-Based"
        case .chargePeriodEnd: context.chargePeriodEnd
        case .chargePeriodStart: context.chargePeriodStart
        case .consumedQuantity: consumedQuantity.focusText
        case .consumedUnit: consumedUnit
        // Without commitments what a charge costs in effect is what was contracted.
        case .contractedCost, .effectiveCost, .pricingCurrencyEffectiveCost: contractedCost.focusText
        case .contractedUnitPrice, .pricingCurrencyContractedUnitPrice: part.contractedUnitPriceText
        case .hostProviderName: host
        case .invoiceIssuerName: invoiceIssuer
        case .listCost: listCost.focusText
        case .listUnitPrice, .pricingCurrencyListUnitPrice: part.listUnitPriceText
        case .pricingCategory: "Standard"
        case .pricingQuantity: pricingQuantity.focusText
        case .pricingUnit: pricingUnit
        case .providerName, .serviceProviderName: provider
        case .publisherName: publisher
        case .regionID: regionID
        case .regionName: regionName
        case .resourceID: resourceID
        case .resourceName: resourceName
        case .resourceType: resourceType
        case .serviceCategory: serviceCategory
        case .serviceName: serviceName
        case .serviceSubcategory: serviceSubcategory
        case .skuID: skuID
        case .skuMeter: meter.name
        case .skuPriceDetails: skuPriceDetails
        case .skuPriceID: skuPriceID
        case .subAccountID: subAccountID
        case .subAccountName: subAccountName
        case .subAccountType: subAccountType
        case .tags: KeyValueFormat.text(tags)
        }
    }

    /// What a custom column holds in this row, by its whole name; nil for null, and where the meter has no such column.
    public func text(ofCustom name: String) -> String? {
        context.meter.values.custom[name]?.text(subject: subject, dimensions: dimensions)
    }
}

extension ExactDecimal {
    /// A plain decimal with at least one digit after the point, since readers guess a column's type from its cells.
    var focusText: String { description(minimumFractionDigits: 1) }
}
