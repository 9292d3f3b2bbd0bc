import CloudEvents
import Metering

/// One entry of the `meters:` section, which takes OpenMeter's as they are.
enum MeterSection {
    static let slug = Key<String>(
        "slug",
        .matching(.slug),
        .required,
        "the meter's unique name in the API and in reports"
    )
    static let name = Key<String>("name", .text("a name"), .optional, "a name for people; the slug where there is none")
    static let description = Key<String>("description", .text("a description", upTo: 1024), .optional, "what it counts")
    static let eventType = Key<String>(
        "eventType",
        .text("an event type"),
        .required,
        "the type of the events it counts"
    )
    static let eventFrom = Key<Timestamp>(
        "eventFrom",
        .timestamp,
        .optional,
        "events with an earlier time do not count"
    )
    static let aggregation = Key<Aggregation>(
        "aggregation",
        .choice("an aggregation"),
        .required,
        "how values become a total"
    )
    static let valueProperty = Key<ValuePath>(
        "valueProperty",
        .path,
        .optional,
        "where in data the value is; needed, except for COUNT, which takes none"
    )
    static let groupBy = Key<[NamedEntry<Placed<ValuePath>>]>(
        "groupBy",
        .map(keys: .dimension, of: .placed(.path)),
        .section,
        "dimensions by name, and where in data each one is"
    )
    static let filters = Key<[NamedEntry<Placed<TextCondition>>]>(
        "filters",
        .map(keys: .filterPlace, of: .placed(.condition)),
        .section,
        "what must be true of an event, by subject, source, dimension or path; others are not the meter's"
    )
    static let metadata = Key<[NamedEntry<String>]>(
        "metadata",
        .map(keys: .label, of: .text(upTo: 1024)),
        .section,
        "notes, carried along with the meter"
    )
    /// Old OpenMeter files have it, with no effect there either.
    static let windowSize = Key<WindowSize>(
        "windowSize",
        .choice("a window size"),
        .optional,
        "taken from old OpenMeter files and without effect"
    )

    static let rule = Rule<MeterDraft>.object(
        "a meter",
        keys: [
            slug, name, description, eventType, eventFrom, aggregation, valueProperty, groupBy, filters, metadata,
            windowSize,
        ],
        build: MeterDraft.init
    )

    /// Only for reading old files.
    enum WindowSize: String, CaseIterable { case MINUTE, HOUR, DAY, MONTH }
}

/// A meter as far as it could be read.
struct MeterDraft: Sendable {
    var slug: Placed<String>?
    var eventFrom: Timestamp?
    var aggregation: Aggregation?
    /// Names of the dimensions, sorted.
    var dimensions: [String]
    /// nil when something of it is wrong.
    var meter: Meter?

    init(_ fields: Fields) {
        slug = fields.placed(MeterSection.slug)
        eventFrom = fields(MeterSection.eventFrom)
        let name = fields(MeterSection.name)
        let description = fields(MeterSection.description)
        let eventType = fields(MeterSection.eventType)
        let aggregation = fields(MeterSection.aggregation)
        self.aggregation = aggregation
        let value = fields(MeterSection.valueProperty)
        let groups = fields(MeterSection.groupBy) ?? []
        let filters = fields(MeterSection.filters) ?? []
        let metadata = fields(MeterSection.metadata) ?? []
        _ = fields(MeterSection.windowSize)
        dimensions = groups.map(\.name).sorted()
        let isValueGood = Self.checkValue(of: aggregation, in: fields)
        let areGroupsGood = Self.check(groups, value: value, in: fields)
        let checked = FilterCheck(entries: filters, groups: groups, fields: fields).filters()
        guard isValueGood, areGroupsGood, let checked, let slug, let eventType, let aggregation else { return }
        do {
            meter = try Meter(
                slug: slug.value,
                name: name,
                description: description,
                eventType: eventType,
                eventFrom: eventFrom,
                aggregation: aggregation,
                valueProperty: value,
                groupBy: groups.compactMap { group in
                    group.value.map { Dimension(name: group.name, path: $0.value) }
                },
                filters: checked,
                metadata: Dictionary(
                    metadata.compactMap { entry in entry.value.map { (entry.name, $0) } },
                    uniquingKeysWith: { $1 }
                )
            )
        } catch {
            // All that a meter asks is asked above, but for a value that could not be read and is told already.
            if case .valuePropertyMissing = error { return }
            fields.spot.report("the meter is refused for its \(error.field)", allowed: "see the keys of a meter")
        }
    }

    private static func checkValue(of aggregation: Aggregation?, in fields: Fields) -> Bool {
        guard let aggregation, aggregation.measuresValue != fields.has(MeterSection.valueProperty) else { return true }
        if aggregation.measuresValue {
            fields.spot.report(
                "the meter has no valueProperty",
                allowed: "every aggregation but COUNT needs the JSONPath of its value, such as $.tokens"
            )
        } else {
            fields.spot.diagnostics.report(
                fields.position(of: MeterSection.valueProperty),
                "the meter has a valueProperty",
                allowed: "COUNT counts events and takes none"
            )
        }
        return false
    }

    private static func check(_ groups: [NamedEntry<Placed<ValuePath>>], value: ValuePath?, in fields: Fields) -> Bool {
        let diagnostics = fields.spot.diagnostics
        var isGood = true
        for group in groups {
            if let path = group.value, path.value == value {
                isGood = false
                diagnostics.report(
                    path.position,
                    "the dimension '\(group.name)' has the path of valueProperty",
                    allowed: "a dimension is another place than the value"
                )
            }
            if group.name == "subject" {
                isGood = false
                diagnostics.report(
                    group.position,
                    "a dimension is named 'subject'",
                    allowed: "subject is always there, from the event's subject; name the dimension otherwise"
                )
            }
        }
        if groups.count > Meter.maximumDimensions {
            isGood = false
            diagnostics.report(
                fields.position(of: MeterSection.groupBy),
                "a meter has \(groups.count) dimensions",
                allowed: "at most \(Meter.maximumDimensions)"
            )
        }
        return isGood
    }
}
