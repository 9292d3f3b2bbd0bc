/// What usage cannot know of a FOCUS row, per meter: the global values with the meter's own laid over them.
public struct FocusProfile: Sendable, Hashable {
    /// ProviderName, and ServiceProviderName from 1.3 on.
    public var provider: FocusValue
    /// HostProviderName (1.3 on); the provider where there is none.
    public var host: FocusValue?
    /// PublisherName.
    public var publisher: FocusValue
    /// InvoiceIssuerName; BilledCost is 0 where it is not the provider.
    public var invoiceIssuer: FocusValue
    /// BillingAccountId.
    public var billingAccountID: FocusValue
    /// BillingAccountName; the id where there is none.
    public var billingAccountName: FocusValue?
    /// BillingAccountType; `Billing Account` where there is none.
    public var billingAccountType: FocusValue?
    /// ISO 4217.
    public var currency: String
    /// ServiceName.
    public var serviceName: FocusValue
    /// One of the specification's 19 categories.
    public var serviceCategory: String
    /// ServiceSubcategory (1.1 on); it belongs to the category. `Other (<category>)` where the configuration names none.
    public var serviceSubcategory: String
    /// RegionId.
    public var regionID: FocusValue?
    /// RegionName; the id where there is none.
    public var regionName: FocusValue?
    /// AvailabilityZone.
    public var availabilityZone: FocusValue?
    /// SubAccountId; name and type are null where it is.
    public var subAccountID: FocusValue?
    /// SubAccountName; the id where there is none.
    public var subAccountName: FocusValue?
    /// SubAccountType; `Sub Account` where there is none.
    public var subAccountType: FocusValue?
    /// ResourceId; nil: the series' own name, so that rows stay distinct.
    public var resourceID: FocusValue?
    /// ResourceName; null where there is none.
    public var resourceName: FocusValue?
    /// ResourceType; `Meter` where there is none.
    public var resourceType: FocusValue?
    /// Keys of the Tags object and where each value comes from, sorted by key.
    public var tags: [Tag]
    /// Columns behind those of the specification, sorted by name; null in rows where the value is empty.
    public var customColumns: [CustomColumn]

    /// A column that the specification does not have (its section Column Handling).
    public struct CustomColumn: Sendable, Hashable {
        /// `x_` and PascalCase, at most 50 characters.
        public var name: String
        /// Where its value comes from.
        public var value: FocusValue

        /// Makes a column.
        public init(name: String, value: FocusValue) {
            self.name = name
            self.value = value
        }
    }

    /// One tag.
    public struct Tag: Sendable, Hashable {
        /// The tag's key.
        public var key: String
        /// Where its value comes from; the tag is left out of rows where that is empty.
        public var value: FocusValue

        /// Makes a tag.
        public init(key: String, value: FocusValue) {
            self.key = key
            self.value = value
        }
    }

    /// Makes a profile with what every row needs; the rest is null until set.
    public init(
        provider: FocusValue,
        billingAccountID: FocusValue,
        currency: String,
        serviceName: FocusValue,
        serviceCategory: String
    ) {
        self.provider = provider
        self.publisher = provider
        self.invoiceIssuer = provider
        self.billingAccountID = billingAccountID
        self.currency = currency
        self.serviceName = serviceName
        self.serviceCategory = serviceCategory
        self.serviceSubcategory = "Other (\(serviceCategory))"
        self.tags = []
        self.customColumns = []
    }
}

/// Where a column's value comes from.
public enum FocusValue: Sendable, Hashable, CustomStringConvertible {
    case constant(String)
    /// The event's subject.
    case subject
    /// A dimension of the meter, by name.
    case dimension(String)

    /// How a message names it; different for different values.
    public var description: String {
        switch self {
        case .constant(let text): "the constant \"\(text)\""
        case .subject: "the subject"
        case .dimension(let name): "the dimension \(name)"
        }
    }
}
