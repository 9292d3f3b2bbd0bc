import Metering
import ReportDefinitions

/// Checks what reports of costs need beside usage, and makes each meter's profile: FOCUS, and the formats that are made of
/// FOCUS rows.
struct FocusCheck {
    let draft: ConfigurationDraft
    let meters: MeterTable
    let diagnostics: Diagnostics
    private let reports: [ReportDraft]
    private var faults = FocusFaults()

    init(draft: ConfigurationDraft, meters: MeterTable, diagnostics: Diagnostics) {
        self.draft = draft
        self.meters = meters
        self.diagnostics = diagnostics
        reports = draft.reports.map(\.value).filter(\.kind.isPriced)
    }

    /// The profiles that are good, by slug.
    mutating func profiles() -> [String: FocusProfile] {
        defer { faults.report(to: diagnostics) }
        checkOverrides()
        if let global = draft.focus?.global { checkSubcategory(global, for: FocusAudience([], meters: [])) }
        checkPrices()
        guard let focus = draft.focus else {
            if !draft.hasFocus, let report = reports.first {
                diagnostics.report(
                    report.position,
                    "there is \(report.kind.named), but no focus section",
                    allowed:
                        "focus: names at least provider, billingAccount.id, currency, service.name and service.category"
                )
            }
            return [:]
        }
        var slugs: [String] = []
        for slug in reports.flatMap(\.meters) where meters[slug.value] != nil && !slugs.contains(slug.value) {
            slugs.append(slug.value)
        }
        for slug in slugs {
            let values = focus.draft(for: slug)
            let audience = FocusAudience(reports, meters: [slug])
            checkDimensions(of: values, slug)
            checkGroups(of: values, for: audience)
            checkSubcategory(values, for: audience)
            checkNeeded(values, focus.position, for: audience)
        }
        checkServices(slugs.map { (slug: $0, values: focus.draft(for: $0)) })
        checkColumns(focus)
        return Dictionary(
            slugs.compactMap { slug in focus.draft(for: slug).profile.map { (slug, $0) } },
            uniquingKeysWith: { $1 }
        )
    }

    private mutating func checkOverrides() {
        for entry in draft.focus?.meters ?? [] {
            guard meters[entry.name] != nil else {
                diagnostics.report(entry.position, "there is no meter '\(entry.name)'", allowed: meters.allowed)
                continue
            }
            if let values = entry.value, let global = draft.focus?.global {
                checkDimensions(of: values, entry.name)
                checkSubcategory(values.laid(over: global), for: FocusAudience([], meters: []))
            }
        }
    }

    private mutating func checkPrices() {
        let priced = Set(draft.prices.compactMap(\.value.meter?.value))
        for report in reports {
            for slug in report.meters where meters[slug.value] != nil && !priced.contains(slug.value) {
                faults.add(
                    slug.position,
                    "the meter \(slug.shown) has no price",
                    .priceNeeded,
                    allowed: "every meter of \(report.kind.named) has one in prices, which may be 0",
                    for: FocusAudience([report], meters: [slug.value])
                )
            }
        }
    }

    private func checkDimensions(of values: FocusDraft, _ slug: String) {
        guard let meter = meters[slug] else { return }
        for value in values.all {
            guard case .dimension(let name) = value.value, !meter.dimensions.contains(name) else { continue }
            let shown = meter.slug?.shown ?? "'\(slug)'"
            diagnostics.report(
                value.position,
                "the meter \(shown) has no dimension of this name",
                allowed: Known.list("its dimensions are", meter.dimensions, none: "it has none")
                    + "; focus.meters may set another value for it"
            )
        }
    }

    /// Names and types stand for nothing without the id they belong to, and a name that is its id says nothing.
    private mutating func checkGroups(of draft: FocusDraft, for audience: FocusAudience) {
        let values = draft.values
        for companion in FocusRule.companions {
            guard values.good[companion.id] == nil, !values.wrong.contains(companion.id),
                let part = values.good[companion.part]
            else { continue }
            faults.add(
                part.position,
                "\(companion.part.rawValue) is set without \(companion.id.rawValue)",
                companion.rule,
                allowed: "set both or none",
                for: audience
            )
        }
        guard let id = values.good[.resourceID] else { return }
        if values.good[.resourceType] == nil, !values.wrong.contains(.resourceType) {
            faults.add(
                id.position,
                "resource.id is set without resource.type",
                .resourceType,
                allowed: "say what kind of thing it is, such as Project or Cluster",
                for: audience
            )
        }
    }

    private mutating func checkNeeded(_ draft: FocusDraft, _ position: Position, for audience: FocusAudience) {
        for (field, rule) in FocusRule.needed where !draft.has(field) && !draft.values.wrong.contains(field) {
            faults.add(
                position,
                "focus has no \(field.rawValue)",
                rule,
                allowed: "set focus.\(field.rawValue), or set it for every meter under focus.meters",
                for: audience
            )
        }
    }

    private mutating func checkSubcategory(_ draft: FocusDraft, for audience: FocusAudience) {
        guard let subcategory = draft.subcategory else { return }
        guard let category = draft.category else {
            if draft.values.wrong.contains(.serviceCategory) { return }
            faults.add(
                subcategory.position,
                "service.subcategory is set without service.category",
                .subcategory,
                allowed: "set both",
                for: audience
            )
            return
        }
        let known = category.value.subcategories
        guard !known.contains(subcategory.value) else { return }
        let guess = subcategory.isFilledIn ? nil : Suggestion.closest(to: subcategory.value, among: known)
        let hint = guess.map { ", did you mean '\($0)'?" } ?? ""
        faults.add(
            subcategory.position,
            "\(subcategory.shown) is not a subcategory of \(category.shown)\(hint)",
            .subcategory,
            allowed: "one of \(known.joined(separator: ", "))",
            for: audience
        )
    }

    /// One name in two categories is refused; so is a name that only events tell where the categories differ, since it may
    /// be the other meter's.
    private mutating func checkServices(_ all: [(slug: String, values: FocusDraft)]) {
        for (index, later) in all.enumerated() {
            guard let name = later.values.values.good[.serviceName], let category = later.values.category else {
                continue
            }
            let clash = all[..<index].first { earlier in
                guard let other = earlier.values.values.good[.serviceName], let its = earlier.values.category,
                    its.value != category.value
                else { return false }
                return other.value == name.value || !other.value.isConstant || !name.value.isConstant
            }
            guard let clash, let other = clash.values.category,
                let its = clash.values.values.good[.serviceName]
            else { continue }
            let audience = FocusAudience(reports, meters: [later.slug, clash.slug])
            let both = [other, category].sorted { $0.position < $1.position }.map(\.shown).joined(separator: " and ")
            guard name.value.isConstant, its.value.isConstant else {
                let open = name.value.isConstant ? its : name
                faults.add(
                    open.position,
                    "events name the service of meters in two categories, \(both)",
                    .category,
                    allowed: "make service.name a constant for the meters of each category, and use tags for the rest",
                    for: audience
                )
                continue
            }
            faults.add(
                max(other.position, category.position),
                "the service \(name.shown) is in two categories, \(both)",
                .category,
                allowed: "one category for a service name, or another name",
                for: audience
            )
        }
    }

    /// Many readers of CSV take names without regard to case.
    private func checkColumns(_ focus: FocusSettings) {
        let drafts = [focus.global] + focus.meters.compactMap(\.value)
        let columns = drafts.flatMap { $0.columns.map { (name: $0.key, position: $0.value.position) } }
        var known: [String: (name: String, position: Position)] = [:]
        for column in columns.sorted(by: { $0.position < $1.position }) {
            guard let first = known[column.name.lowercased()] else {
                known[column.name.lowercased()] = column
                continue
            }
            guard first.name != column.name else { continue }
            diagnostics.report(
                column.position,
                "the column '\(column.name)' is '\(first.name)' but for capitals",
                allowed: "many readers take both for one, write it as on line \(first.position.line)"
            )
        }
    }
}

extension FocusValue {
    fileprivate var isConstant: Bool {
        if case .constant = self { true } else { false }
    }
}
