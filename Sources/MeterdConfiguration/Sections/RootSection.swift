import ReportDefinitions

/// The keys of the file.
enum RootSection {
    static let server = Key<ServerSettings>("server", ServerSection.rule, .section, "the HTTP server")
    static let kafka = Key<[Placed<KafkaDraft>]>(
        "kafka",
        .list(of: KafkaSection.rule),
        .section,
        "Kafka clusters whose topics are read"
    )
    static let storage = Key<StorageSettings>(
        "storage",
        StorageSection.rule,
        .section,
        "where events and totals are kept"
    )
    static let log = Key<LogSettings>("log", LogSection.rule, .section, "what is logged")
    static let meters = Key<[Placed<MeterDraft>]>(
        "meters",
        .list(of: MeterSection.rule),
        .section,
        "what is counted; OpenMeter's meters: pastes in unchanged"
    )
    static let destinations = Key<[NamedEntry<Destination.Kind>]>(
        "destinations",
        .map(keys: .name, of: DestinationSection.rule),
        .section,
        "where reports go, by name"
    )
    static let reports = Key<[Placed<ReportDraft>]>(
        "reports",
        .list(of: ReportSection.rule),
        .section,
        "which files are written, and when"
    )
    static let focus = Key<FocusSettings>(
        "focus",
        FocusSection.rule,
        .optional,
        "what usage cannot know of a FOCUS row"
    )
    static let prices = Key<[Placed<PriceDraft>]>(
        "prices",
        .list(of: PriceSection.rule),
        .section,
        "what a meter's usage costs"
    )

    static let keys: [any DescribedKey] = [
        server, kafka, storage, log, meters, destinations, reports, focus, prices,
    ]

    static let rule = Rule<ConfigurationDraft>.object(
        "the configuration of meterd",
        keys: keys,
        foreign: openMeterKeys,
        build: ConfigurationDraft.init
    )

    /// What OpenMeter's file has beside `meters:`, with what to do instead.
    private static let openMeterKeys: [String: String] = {
        let names = [
            "address", "aggregation", "apps", "balanceWorker", "billing", "cogs", "credits", "customer", "dedupe",
            "entitlements", "environment", "events", "featureGate", "ingest", "namespace", "notification", "portal",
            "postgres", "productCatalog", "productcatalog", "progressManager", "reservedEventTypes", "sink", "stripe",
            "subject", "svix", "taxcode", "telemetry", "termination",
        ]
        let places = [
            "address": "server.listen", "dedupe": "storage.dedupe", "portal": "server.portal", "telemetry": "log",
        ]
        return Dictionary(
            uniqueKeysWithValues: names.map { name in
                let place = places[name].map { "write \($0)" } ?? "take it out"
                return (name, "which is OpenMeter's: of its file only meters is taken, \(place)")
            }
        )
    }()
}

/// The file as far as it could be read, before its names are looked up.
struct ConfigurationDraft: Sendable {
    var server: ServerSettings?
    var kafka: [Placed<KafkaDraft>]
    var storage: StorageSettings?
    var log: LogSettings?
    var meters: [Placed<MeterDraft>]
    var destinations: [NamedEntry<Destination.Kind>]
    var reports: [Placed<ReportDraft>]
    var focus: FocusSettings?
    /// `focus:` is written, be it with nothing under it or something wrong.
    var hasFocus: Bool
    var prices: [Placed<PriceDraft>]

    init(_ fields: Fields) {
        server = fields(RootSection.server)
        kafka = fields(RootSection.kafka) ?? []
        storage = fields(RootSection.storage)
        log = fields(RootSection.log)
        meters = fields(RootSection.meters) ?? []
        destinations = fields(RootSection.destinations) ?? []
        reports = fields(RootSection.reports) ?? []
        focus = fields(RootSection.focus)
        hasFocus = fields.has(RootSection.focus)
        prices = fields(RootSection.prices) ?? []
    }
}
