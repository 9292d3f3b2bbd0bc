import ReportDefinitions

/// A rule of FOCUS as a refusal names it: which columns, in which versions, and what it says.
///
/// Rules are called as the rule sets of 1.2 and 1.4 call them, without the `CAU-` that 1.4 puts in front. The columns that
/// 1.0, 1.1 and 1.3 have too follow the same rules there.
struct FocusRule: Hashable {
    var columns: [Column]
    /// What holds, after the columns: "may not be null".
    var says: String
    /// The rule's name after the column's: "C-003-M".
    var number: String

    struct Column: Hashable {
        var name: String
        var since: FocusFormat.Version
        var until: FocusFormat.Version
    }

    init(_ column: String, since: FocusFormat.Version = .v1_0, _ says: String, _ number: String) {
        self.init([Column(name: column, since: since, until: .v1_4)], says, number)
    }

    init(_ columns: [Column], _ says: String, _ number: String) {
        self.columns = columns
        self.says = says
        self.number = number
    }

    /// The rule for a message.
    func text(for audience: FocusAudience) -> String {
        let concerned = columns.filter { column in
            audience.versions.contains { (column.since...column.until).contains($0) }
        }
        let named = concerned.isEmpty ? Array(columns.prefix(audience.formats.isEmpty ? columns.count : 1)) : concerned
        let places = named.map { "\($0.name) (\(audience.label(of: $0)))" }
        let rules = named.map { "\($0.name)-\(number)" }
        return "\(places.joined(separator: " and ")) \(says), rule \(rules.joined(separator: " and "))"
    }
}

extension FocusRule {
    /// The rules of values that every row has, by the keys that give them.
    static let needed: [(field: FocusField, rule: FocusRule)] = [
        (
            .provider,
            FocusRule(
                [
                    Column(name: "ProviderName", since: .v1_0, until: .v1_3),
                    Column(name: "ServiceProviderName", since: .v1_3, until: .v1_4),
                ],
                "may not be null",
                "C-003-M"
            )
        ),
        (.billingAccountID, FocusRule("BillingAccountId", "may not be null", "C-001-M")),
        (.currency, FocusRule("BillingCurrency", "may not be null", "C-004-M")),
        (.serviceName, FocusRule("ServiceName", "may not be null", "C-003-M")),
        (.serviceCategory, FocusRule("ServiceCategory", "may not be null", "C-002-M")),
    ]

    static let priceNeeded = FocusRule("SkuPriceId", "may not be null for usage", "C-005-C")
    static let skuOfPrice = FocusRule("SkuPriceId", "belongs to one SkuId", "C-008-M")
    static let listPriceOfSku = FocusRule("SkuPriceId", "leads to one ListUnitPrice", "C-014-C")
    static let priceCurrency = FocusRule("ListUnitPrice", "is denominated in BillingCurrency", "C-009-M")
    static let resourceType = FocusRule("ResourceType", "may not be null where ResourceId is not", "C-005-C")
    static let category = FocusRule("ServiceName", "has one ServiceCategory", "C-005-C")
    static let subcategory = FocusRule("ServiceSubcategory", since: .v1_1, "belongs to one ServiceCategory", "C-004-M")

    /// What is null where its id is.
    static let companions: [(id: FocusField, part: FocusField, rule: FocusRule)] = [
        (.regionID, .regionName, FocusRule("RegionName", "is null where RegionId is", "C-004-C")),
        (.subAccountID, .subAccountName, FocusRule("SubAccountName", "is null where SubAccountId is", "C-004-C")),
        (
            .subAccountID, .subAccountType,
            FocusRule("SubAccountType", since: .v1_2, "is null where SubAccountId is", "C-004-C")
        ),
        (.resourceID, .resourceName, FocusRule("ResourceName", "names a resource with an id of its own", "C-004-C")),
        (.resourceID, .resourceType, FocusRule("ResourceType", "is of a resource with an id of its own", "C-004-C")),
    ]
}

/// Which reports a fault concerns: versions of FOCUS, and formats made of FOCUS rows.
struct FocusAudience: Hashable {
    var versions: Set<FocusFormat.Version> = []
    var formats: Set<ReportKind> = []

    /// Those of the reports that name one of the meters.
    init(_ reports: [ReportDraft], meters: [String]) {
        for report in reports where report.meters.contains(where: { meters.contains($0.value) }) {
            if let version = report.focus?.version { versions.insert(version) }
            if report.kind.isPriced, report.kind != .focus { formats.insert(report.kind) }
        }
    }

    mutating func add(_ other: FocusAudience) {
        versions.formUnion(other.versions)
        formats.formUnion(other.formats)
    }

    /// Where a column is concerned; where it exists if no report says.
    func label(of column: FocusRule.Column) -> String {
        let own = versions.filter { (column.since...column.until).contains($0) }.map(\.rawValue).sorted()
        let others = formats.map(\.rawValue).sorted()
        if own.isEmpty, others.isEmpty { return "FOCUS \(column.since.rawValue) to \(column.until.rawValue)" }
        return ((own.isEmpty ? [] : ["FOCUS \(own.joined(separator: ", "))"]) + others).joined(separator: ", ")
    }
}

/// Collects refusals that name a rule of FOCUS, so that one value that several reports use is told once, with all of them.
struct FocusFaults {
    private struct Fault: Hashable {
        var position: Position
        var wrong: String
        var rule: FocusRule
        var allowed: String
    }

    private var order: [Fault] = []
    private var audiences: [Fault: FocusAudience] = [:]

    mutating func add(
        _ position: Position,
        _ wrong: String,
        _ rule: FocusRule,
        allowed: String,
        for audience: FocusAudience
    ) {
        let fault = Fault(position: position, wrong: wrong, rule: rule, allowed: allowed)
        if audiences[fault] == nil { order.append(fault) }
        audiences[fault, default: audience].add(audience)
    }

    func report(to diagnostics: Diagnostics) {
        for fault in order {
            guard let audience = audiences[fault] else { continue }
            let joint = fault.wrong.hasSuffix("?") ? " " : ": "
            let wrong = fault.wrong + joint + fault.rule.text(for: audience)
            diagnostics.report(fault.position, wrong, allowed: fault.allowed)
        }
    }
}
