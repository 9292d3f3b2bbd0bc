import ReportDefinitions

extension FocusDraft {
    /// All values that may come from a dimension.
    var all: [Placed<FocusValue>] { Array(values.good.values) + Array(tags.values) + Array(columns.values) }

    /// Whether a value that every row needs is there.
    func has(_ field: FocusField) -> Bool {
        switch field {
        case .currency: currency != nil
        case .serviceCategory: category != nil
        default: values.good[field] != nil
        }
    }

    /// What a row says beside usage, with what follows from other values; nil where something is missing.
    var profile: FocusProfile? {
        func value(_ field: FocusField) -> FocusValue? { values.good[field]?.value }
        guard let provider = value(.provider), let account = value(.billingAccountID), let currency,
            let service = value(.serviceName), let category
        else { return nil }
        var profile = FocusProfile(
            provider: provider,
            billingAccountID: account,
            currency: currency.value,
            serviceName: service,
            serviceCategory: category.value.rawValue
        )
        profile.host = value(.host)
        profile.publisher = value(.publisher) ?? provider
        profile.invoiceIssuer = value(.invoiceIssuer) ?? provider
        profile.billingAccountName = value(.billingAccountName)
        profile.billingAccountType = value(.billingAccountType) ?? .constant("Billing Account")
        if let subcategory { profile.serviceSubcategory = subcategory.value }
        profile.regionID = value(.regionID)
        profile.regionName = value(.regionName) ?? value(.regionID)
        profile.availabilityZone = value(.availabilityZone)
        profile.subAccountID = value(.subAccountID)
        profile.subAccountName = value(.subAccountName) ?? value(.subAccountID)
        profile.subAccountType = value(.subAccountType) ?? value(.subAccountID).map { _ in .constant("Sub Account") }
        profile.resourceID = value(.resourceID)
        profile.resourceName = value(.resourceName)
        profile.resourceType = value(.resourceType)
        profile.tags = tags.sorted { $0.key < $1.key }.map { FocusProfile.Tag(key: $0.key, value: $0.value.value) }
        profile.customColumns = columns.sorted { $0.key < $1.key }.map {
            FocusProfile.CustomColumn(name: $0.key, value: $0.value.value)
        }
        return profile
    }
}
