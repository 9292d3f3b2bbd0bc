public import ReportDefinitions

extension FocusColumn {
    /// What a column's values are, as the specification's metadata names it (ColumnDefinition, DataType).
    public enum DataType: String, Sendable, CaseIterable {
        case string = "STRING"
        case dateTime = "DATETIME"
        case decimal = "DECIMAL"
        case json = "JSON"
    }

    /// The first version that has it.
    public var introduced: FocusFormat.Version {
        switch self {
        case .capacityReservationID, .capacityReservationStatus, .commitmentDiscountQuantity, .commitmentDiscountUnit,
            .serviceSubcategory, .skuMeter, .skuPriceDetails:
            .v1_1
        case .billingAccountType, .invoiceID, .pricingCurrency, .pricingCurrencyContractedUnitPrice,
            .pricingCurrencyEffectiveCost, .pricingCurrencyListUnitPrice, .subAccountType:
            .v1_2
        case .allocatedMethodDetails, .allocatedMethodID, .allocatedResourceID, .allocatedResourceName, .allocatedTags,
            .contractApplied, .hostProviderName, .serviceProviderName:
            .v1_3
        case .commitmentProgramEligibilityDetails, .invoiceDetailID: .v1_4
        default: .v1_0
        }
    }

    /// The first version that has it no more; nil: all later ones have it.
    public var removed: FocusFormat.Version? {
        switch self {
        case .providerName, .publisherName: .v1_4
        default: nil
        }
    }

    /// Whether a version has it.
    public func exists(in version: FocusFormat.Version) -> Bool {
        introduced <= version && (removed.map { version < $0 } ?? true)
    }

    /// Whether a version has it and says that a later one will not.
    public func isDeprecated(in version: FocusFormat.Version) -> Bool {
        switch self {
        case .providerName, .publisherName: version == .v1_3
        default: false
        }
    }

    /// What its values are.
    public var dataType: DataType {
        switch self {
        case .billingPeriodEnd, .billingPeriodStart, .chargePeriodEnd, .chargePeriodStart: .dateTime
        case .billedCost, .commitmentDiscountQuantity, .consumedQuantity, .contractedCost, .contractedUnitPrice,
            .effectiveCost, .listCost, .listUnitPrice, .pricingCurrencyContractedUnitPrice,
            .pricingCurrencyEffectiveCost, .pricingCurrencyListUnitPrice, .pricingQuantity:
            .decimal
        case .allocatedMethodDetails, .allocatedTags, .commitmentProgramEligibilityDetails, .contractApplied,
            .skuPriceDetails, .tags:
            .json
        default: .string
        }
    }
}
