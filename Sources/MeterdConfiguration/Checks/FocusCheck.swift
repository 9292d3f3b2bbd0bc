import Metering
import ReportDefinitions

/// Checks what FOCUS reports need beside usage, and makes each exported meter's profile.
struct FocusCheck {
    let draft: ConfigurationDraft
    let meters: MeterTable
    let diagnostics: Diagnostics

    /// The profiles that are good, by slug.
    func profiles() -> [String: FocusProfile] {
        let reports = draft.reports.map(\.value).filter { $0.kind == .focus }
        checkOverrides()
        if let global = draft.focus?.global { checkService(global) }
        checkPrices(of: reports)
        guard let focus = draft.focus else {
            if !draft.hasFocus, let report = reports.first {
                diagnostics.report(
                    report.position,
                    "there is a focus report, but no focus section",
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
        var profiles: [String: FocusProfile] = [:]
        for slug in slugs {
            let values = focus.draft(for: slug)
            checkDimensions(of: values, slug)
            checkGroups(of: values)
            checkService(values)
            profiles[slug] = profile(values, focus.position)
        }
        checkServices(slugs.map(focus.draft(for:)))
        checkCurrencies(of: reports, focus)
        return profiles
    }

    private func checkOverrides() {
        for entry in draft.focus?.meters ?? [] {
            guard meters[entry.name] != nil else {
                diagnostics.report(entry.position, "there is no meter '\(entry.name)'", allowed: meters.allowed)
                continue
            }
            if let values = entry.value, let global = draft.focus?.global {
                checkDimensions(of: values, entry.name)
                checkService(values.laid(over: global))
            }
        }
    }

    private func checkPrices(of reports: [ReportDraft]) {
        let priced = Set(draft.prices.compactMap(\.value.meter?.value))
        for slug in reports.flatMap(\.meters) where meters[slug.value] != nil && !priced.contains(slug.value) {
            diagnostics.report(
                slug.position,
                "the meter \(slug.shown) has no price",
                allowed: "every meter of a focus report has one in prices, which may be 0"
            )
        }
    }

    private func checkDimensions(of values: FocusDraft, _ slug: String) {
        guard let meter = meters[slug] else { return }
        for value in Array(values.values.good.values) + Array(values.tags.values) {
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

    /// Names and types stand for nothing without the id they belong to.
    private func checkGroups(of values: FocusDraft) {
        let groups: [(id: FocusField, parts: [FocusField])] = [
            (.regionID, [.regionName]), (.subAccountID, [.subAccountName, .subAccountType]),
            (.resourceID, [.resourceName, .resourceType]),
        ]
        for group in groups where values.values.good[group.id] == nil && !values.values.wrong.contains(group.id) {
            for part in group.parts {
                guard let value = values.values.good[part] else { continue }
                diagnostics.report(
                    value.position,
                    "\(part.rawValue) is set without \(group.id.rawValue)",
                    allowed: "FOCUS wants it null where the id is null, set both or none"
                )
            }
        }
        if let id = values.values.good[.resourceID], values.values.good[.resourceType] == nil,
            !values.values.wrong.contains(.resourceType)
        {
            diagnostics.report(
                id.position,
                "resource.id is set without resource.type",
                allowed: "FOCUS wants a type for every resource"
            )
        }
    }

    private func checkService(_ values: FocusDraft) {
        guard let subcategory = values.subcategory else { return }
        guard let category = values.category else {
            if values.values.wrong.contains(.serviceCategory) { return }
            diagnostics.report(
                subcategory.position,
                "service.subcategory is set without service.category",
                allowed: "set both"
            )
            return
        }
        let known = category.value.subcategories
        if !known.contains(subcategory.value) {
            let guess = subcategory.isFilledIn ? nil : Suggestion.closest(to: subcategory.value, among: known)
            let hint = guess.map { ", did you mean '\($0)'?" } ?? ""
            diagnostics.report(
                subcategory.position,
                "\(subcategory.shown) is not a subcategory of \(category.shown)\(hint)",
                allowed: "one of \(known.joined(separator: ", "))"
            )
        }
    }

    private func checkServices(_ drafts: [FocusDraft]) {
        var first: [FocusValue: Placed<FocusService.Category>] = [:]
        for draft in drafts {
            guard let name = draft.values.good[.serviceName], let category = draft.category else { continue }
            guard let other = first[name.value] else {
                first[name.value] = category
                continue
            }
            if other.value != category.value {
                diagnostics.report(
                    max(other.position, category.position),
                    "the service \(name.shown) is in two categories, \(other.shown) and \(category.shown)",
                    allowed: "FOCUS wants one category for a service name"
                )
            }
        }
    }

    private func checkCurrencies(of reports: [ReportDraft], _ focus: FocusSettings) {
        for report in reports {
            var first: Placed<String>?
            for slug in report.meters {
                let currency = focus.draft(for: slug.value).currency
                for price in draft.prices.map(\.value) where price.meter?.value == slug.value {
                    guard let priced = price.currency, let currency, priced.value != currency.value else { continue }
                    diagnostics.report(
                        priced.position,
                        "a price is in \(priced.shown), but the meter's focus currency is \(currency.shown)",
                        allowed: "both are the same, currencies are not converted"
                    )
                }
                if let first, let currency, first.value != currency.value {
                    diagnostics.report(
                        slug.position,
                        "a focus report mixes the currencies \(first.shown) and \(currency.shown)",
                        allowed: "one currency a report, make a report for each"
                    )
                }
                first = first ?? currency
            }
        }
    }

    private func profile(_ values: FocusDraft, _ position: Position) -> FocusProfile? {
        func value(_ field: FocusField) -> FocusValue? { values.values.good[field]?.value }
        let needed: [(field: FocusField, isThere: Bool)] = [
            (.provider, value(.provider) != nil), (.billingAccountID, value(.billingAccountID) != nil),
            (.currency, values.currency != nil), (.serviceName, value(.serviceName) != nil),
            (.serviceCategory, values.category != nil),
        ]
        for (field, isThere) in needed where !isThere && !values.values.wrong.contains(field) {
            diagnostics.report(
                position,
                "focus has no \(field.rawValue)",
                allowed: "set focus.\(field.rawValue), or set it for every meter under focus.meters"
            )
        }
        guard let provider = value(.provider), let account = value(.billingAccountID), let currency = values.currency,
            let service = value(.serviceName), let category = values.category
        else { return nil }
        var profile = FocusProfile(
            provider: provider,
            billingAccountID: account,
            currency: currency.value,
            serviceName: service,
            serviceCategory: category.value.rawValue
        )
        profile.publisher = value(.publisher) ?? provider
        profile.invoiceIssuer = value(.invoiceIssuer) ?? provider
        profile.billingAccountName = value(.billingAccountName)
        profile.billingAccountType = value(.billingAccountType) ?? .constant("Billing Account")
        profile.serviceSubcategory = values.subcategory?.value
        profile.regionID = value(.regionID)
        profile.regionName = value(.regionName) ?? value(.regionID)
        profile.subAccountID = value(.subAccountID)
        profile.subAccountName = value(.subAccountName) ?? value(.subAccountID)
        profile.subAccountType = value(.subAccountType) ?? value(.subAccountID).map { _ in .constant("Sub Account") }
        profile.resourceID = value(.resourceID)
        profile.resourceName = value(.resourceName)
        profile.resourceType = value(.resourceType)
        profile.tags = values.tags.sorted { $0.key < $1.key }.map {
            FocusProfile.Tag(key: $0.key, value: $0.value.value)
        }
        return profile
    }
}
