import ReportDefinitions

/// The `service:` key.
struct ServiceDraft: Sendable {
    /// The name, and whether name or category are wrong.
    var name: FocusValues
    var category: Placed<FocusService.Category>?
    var subcategory: Placed<String>?

    private static let name = Key<Placed<FocusValue>>("name", .focusValue, .optional, "the service's name")
    private static let category = Key<Placed<FocusService.Category>>(
        "category",
        .placed(
            .choice(
                "a service category",
                intro: "ServiceCategory (FOCUS 1.0 to 1.4, rule ServiceCategory-C-003-M) is one of"
            )
        ),
        .optional,
        "one of FOCUS's service categories"
    )
    private static let subcategory = Key<Placed<String>>(
        "subcategory",
        .placed(subcategoryRule),
        .optional,
        "one of the category's subcategories; without it, Other with the category in brackets"
    )

    /// Which one the category has is checked when the category is known.
    private static let subcategoryRule = Rule<String>(
        schema: .members(["enum": .texts(FocusService.allSubcategories)]),
        read: Rule<String>.text("a service subcategory").read
    )

    static let rule = Rule<ServiceDraft>.object("the service that was used", keys: [name, category, subcategory]) {
        fields in
        var values = FocusValues()
        values.read(.serviceName, name, fields)
        let known = fields(category)
        if known == nil, fields.has(category) { values.wrong.insert(.serviceCategory) }
        return ServiceDraft(name: values, category: known, subcategory: fields(subcategory))
    }
}
