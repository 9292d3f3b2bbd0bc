import Metering
import ReportDefinitions

/// Puts a configuration together from what was read: looks up the names one part uses of another, and checks what
/// several parts have to agree on.
struct Assembly {
    let draft: ConfigurationDraft
    let diagnostics: Diagnostics

    /// nil when something is wrong, which is reported.
    func assemble() -> Configuration? {
        let meters = MeterTable(draft.meters, diagnostics: diagnostics)
        let prices = PriceCheck(draft: draft, meters: meters, diagnostics: diagnostics).prices()
        let reports = ReportCheck(draft: draft, meters: meters, diagnostics: diagnostics).reports()
        var focus = FocusCheck(draft: draft, meters: meters, diagnostics: diagnostics)
        let profiles = focus.profiles()
        VendorCheck(draft: draft, meters: meters, diagnostics: diagnostics).check()
        let clusters = KafkaCheck(drafts: draft.kafka, diagnostics: diagnostics).clusters()
        OverlapCheck(draft: draft, diagnostics: diagnostics).check()
        guard diagnostics.errors == nil, let server = draft.server, let storage = draft.storage, let log = draft.log
        else {
            return nil
        }
        let known = draft.meters.compactMap(\.value.meter)
        return Configuration(
            server: server,
            kafka: clusters,
            storage: storage,
            log: log,
            meters: known,
            destinations: draft.destinations.compactMap { entry in
                entry.value.map { Destination(name: entry.name, kind: $0) }
            },
            reports: reports,
            focusProfiles: profiles,
            prices: prices,
            bucketSeconds: Self.buckets(known, reports)
        )
    }

    /// An hour, or 15 minutes where the days of a report's zone do not begin on the hour.
    private static func buckets(_ meters: [Meter], _ reports: [Report]) -> [String: Int] {
        var buckets = Dictionary(meters.map { ($0.slug, 3600) }, uniquingKeysWith: { $1 })
        for report in reports where !report.zone.isWholeHours {
            // Only telemetry has days of another zone than UTC.
            if case .csv(let format) = report.format { buckets[format.meter] = 900 }
        }
        return buckets
    }
}

/// The meters of the file by slug, wrong ones too, so that a name is not called unknown because its meter is wrong.
struct MeterTable {
    private var meters: [String: MeterDraft] = [:]
    /// The slugs as the file has them, in its order.
    private var slugs: [Placed<String>] = []

    init(_ drafts: [Placed<MeterDraft>], diagnostics: Diagnostics) {
        for draft in drafts.map(\.value) {
            guard let slug = draft.slug else { continue }
            if let first = slugs.first(where: { $0.value == slug.value }) {
                diagnostics.report(
                    slug.position,
                    "a second meter has the slug \(slug.shown)",
                    allowed: "slugs differ, the first one is on line \(first.position.line)"
                )
            } else {
                slugs.append(slug)
                meters[slug.value] = draft
            }
        }
    }

    subscript(slug: String) -> MeterDraft? { meters[slug] }

    /// The meter of a name; an unknown name is reported.
    func meter(_ slug: Placed<String>, _ diagnostics: Diagnostics) -> MeterDraft? {
        if let meter = meters[slug.value] { return meter }
        diagnostics.report(slug.position, "there is no meter \(slug.shown)", allowed: allowed)
        return nil
    }

    /// Checks that a name is `subject` or a dimension of a meter; an unknown one is reported.
    func checkGroup(_ name: Placed<String>, of slug: Placed<String>, _ diagnostics: Diagnostics) {
        guard let meter = self[slug.value], name.value != "subject", !meter.dimensions.contains(name.value) else {
            return
        }
        diagnostics.report(
            name.position,
            "the meter \(slug.shown) has no dimension \(name.shown)",
            allowed: Known.list("it has subject,", meter.dimensions, none: "it has only subject")
        )
    }

    /// The known meters, for messages.
    var allowed: String { Known.list("the meters are", slugs.map(\.node.written), none: "meters is empty") }
}

/// Lists of known names for messages.
enum Known {
    /// Names beyond this are counted and not listed.
    private static let limit = 20

    static func list(_ intro: String, _ names: [String], none: String) -> String {
        guard !names.isEmpty else { return none }
        let rest = names.count > limit ? " and \(names.count - limit) more" : ""
        return "\(intro) \(names.prefix(limit).joined(separator: ", "))\(rest)"
    }
}
