import ReportDefinitions

/// What of a FOCUS row the file can set, global or per meter. The raw value is the path of keys.
enum FocusField: String, Sendable, CaseIterable {
    case provider, host, publisher, invoiceIssuer, currency
    case billingAccountID = "billingAccount.id"
    case billingAccountName = "billingAccount.name"
    case billingAccountType = "billingAccount.type"
    case serviceName = "service.name"
    case serviceCategory = "service.category"
    case regionID = "region.id"
    case regionName = "region.name"
    case availabilityZone = "region.availabilityZone"
    case subAccountID = "subAccount.id"
    case subAccountName = "subAccount.name"
    case subAccountType = "subAccount.type"
    case resourceID = "resource.id"
    case resourceName = "resource.name"
    case resourceType = "resource.type"

    /// The last key of the path.
    var key: String { rawValue.split(separator: ".").last.map(String.init) ?? rawValue }
}

/// The `focus:` section.
enum FocusSection {
    private static func value(_ field: FocusField, _ about: String) -> Key<Placed<FocusValue>> {
        Key(field.key, .focusValue, .optional, about)
    }

    private static func group(
        _ name: String,
        _ about: String,
        _ fields: [(FocusField, String)]
    ) -> Key<FocusValues> {
        let keys = fields.map { (field: $0.0, key: value($0.0, $0.1)) }
        let rule = Rule<FocusValues>.object(about, keys: keys.map(\.key)) { fields in
            keys.reduce(into: FocusValues()) { values, entry in values.read(entry.field, entry.key, fields) }
        }
        return Key(name, rule, .section, about)
    }

    static let provider = value(.provider, "who offers the service")
    static let host = value(.host, "whose infrastructure the service runs on (FOCUS 1.3 on); without it, provider")
    static let publisher = value(.publisher, "who made it; without it, provider")
    static let invoiceIssuer = value(.invoiceIssuer, "who sends the invoice; without it, provider")
    static let billingAccount = group(
        "billingAccount",
        "who is billed",
        [
            (.billingAccountID, "the account's id"), (.billingAccountName, "the account's name"),
            (.billingAccountType, "the account's type; without it, Billing Account"),
        ]
    )
    static let region = group(
        "region",
        "where the service runs",
        [
            (.regionID, "the region's id"), (.regionName, "the region's name; without it, the id"),
            (.availabilityZone, "the part of the region"),
        ]
    )
    static let subAccount = group(
        "subAccount",
        "the part of the billing account that used it",
        [
            (.subAccountID, "the sub-account's id"), (.subAccountName, "the sub-account's name; without it, the id"),
            (.subAccountType, "the sub-account's type; without it, Sub Account"),
        ]
    )
    static let resource = group(
        "resource",
        "what was used",
        [
            (.resourceID, "the resource's id"), (.resourceName, "the resource's name, which is not its id"),
            (.resourceType, "the resource's type; needed with an id"),
        ]
    )
    static let currency = Key<Placed<String>>(
        "currency",
        .placed(.currency),
        .optional,
        "the billing currency, ISO 4217"
    )
    static let service = Key<ServiceDraft>("service", ServiceDraft.rule, .section, "the service that was used")
    static let tags = Key<[NamedEntry<Placed<FocusValue>>]>(
        "tags",
        .map(keys: .label, of: .focusValue),
        .section,
        "Tags by key"
    )

    static let columns = Key<[NamedEntry<Placed<FocusValue>>]>(
        "columns",
        .map(keys: .customColumn, of: .focusValue),
        .section,
        "columns of your own behind FOCUS's, by name: x_ and PascalCase"
    )

    private static let perMeter: [any DescribedKey] = [
        provider, host, publisher, invoiceIssuer, billingAccount, currency, service, region, subAccount, resource, tags,
        columns,
    ]

    private static let overrides = Rule<FocusDraft>.object(
        "what is different for one meter",
        keys: perMeter,
        build: FocusDraft.init
    )

    static let meters = Key<[NamedEntry<FocusDraft>]>(
        "meters",
        .map(keys: .slug, of: overrides),
        .section,
        "what is different, by the meter's slug"
    )

    static let rule = Rule<FocusSettings>.object(
        "what usage cannot know of a FOCUS row; each value a constant, { subject: true } or { dimension: name }",
        keys: perMeter + [meters]
    ) { fields in
        FocusSettings(position: fields.position, global: FocusDraft(fields), meters: fields(meters) ?? [])
    }
}

/// The `focus:` section as far as it could be read.
struct FocusSettings: Sendable {
    var position: Position
    var global: FocusDraft
    var meters: [NamedEntry<FocusDraft>]

    /// The global values with the meter's own laid over them.
    func draft(for slug: String) -> FocusDraft {
        meters.first { $0.name == slug }?.value.map { $0.laid(over: global) } ?? global
    }
}

/// Values by the field they are for.
struct FocusValues: Sendable {
    var good: [FocusField: Placed<FocusValue>] = [:]
    /// Fields that are written, but wrong: nobody says they are missing.
    var wrong: Set<FocusField> = []

    mutating func read(_ field: FocusField, _ key: Key<Placed<FocusValue>>, _ fields: Fields) {
        good[field] = fields(key)
        if fields.has(key), good[field] == nil { wrong.insert(field) }
    }

    mutating func merge(_ other: FocusValues) {
        good.merge(other.good) { $1 }
        wrong = wrong.subtracting(other.good.keys).union(other.wrong)
    }
}

/// Values of a FOCUS row as written in one place, or laid over each other.
struct FocusDraft: Sendable {
    var values = FocusValues()
    var currency: Placed<String>?
    var category: Placed<FocusService.Category>?
    var subcategory: Placed<String>?
    /// By key.
    var tags: [String: Placed<FocusValue>] = [:]
    /// By name.
    var columns: [String: Placed<FocusValue>] = [:]

    init(_ fields: Fields) {
        typealias Keys = FocusSection
        values.read(.provider, Keys.provider, fields)
        values.read(.host, Keys.host, fields)
        values.read(.publisher, Keys.publisher, fields)
        values.read(.invoiceIssuer, Keys.invoiceIssuer, fields)
        for group in [Keys.billingAccount, Keys.region, Keys.subAccount, Keys.resource] {
            let wrong = Set(FocusField.allCases.filter { $0.rawValue.hasPrefix("\(group.name).") })
            values.merge(fields(group) ?? FocusValues(wrong: wrong))
        }
        currency = fields(Keys.currency)
        if currency == nil, fields.has(Keys.currency) { values.wrong.insert(.currency) }
        let service = fields(Keys.service)
        values.merge(service?.name ?? FocusValues(wrong: [.serviceName, .serviceCategory]))
        category = service?.category
        subcategory = service?.subcategory
        for tag in fields(Keys.tags) ?? [] { tags[tag.name] = tag.value }
        for column in fields(Keys.columns) ?? [] { columns[column.name] = column.value }
    }

    /// Lays these values over others. What belongs to a value that is replaced goes with it: a name to its id, a zone to its
    /// region, a subcategory to its category.
    func laid(over global: FocusDraft) -> FocusDraft {
        var result = global
        let companions: [FocusField: [FocusField]] = [
            .billingAccountID: [.billingAccountName], .regionID: [.regionName, .availabilityZone],
            .subAccountID: [.subAccountName], .resourceID: [.resourceName],
        ]
        for (id, others) in companions where values.good[id] != nil {
            for other in others { result.values.good[other] = nil }
        }
        result.values.merge(values)
        result.currency = currency ?? global.currency
        if currency != nil { result.values.wrong.remove(.currency) }
        if let category {
            result.values.wrong.remove(.serviceCategory)
            result.category = category
            result.subcategory = subcategory
        } else {
            result.subcategory = subcategory ?? global.subcategory
        }
        result.tags.merge(tags) { $1 }
        result.columns.merge(columns) { $1 }
        return result
    }
}
