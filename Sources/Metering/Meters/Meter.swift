public import CloudEvents

/// A named value of an event by which usage can be split.
public struct Dimension: Sendable, Hashable {
    /// `^[a-zA-Z_][0-9a-zA-Z_]*$`, and not `subject`, which every event has; `Meter` checks it.
    public let name: String
    /// Where its value stands in the event's data.
    public let path: ValuePath

    /// Makes a dimension.
    public init(name: String, path: ValuePath) {
        self.name = name
        self.path = path
    }
}

/// What is counted: events of a type, a value in them, how values become one number, and how that splits.
///
/// The rules are those of OpenMeter's meters (`reference/openmeter-api.md`, "Meters").
public struct Meter: Sendable, Hashable {
    /// Its name in the API and in configuration: `^[a-z0-9]+(?:_[a-z0-9]+)*$`, 1 to 64 characters.
    public let slug: String
    /// Its name for people, 1 to 256 characters.
    public let name: String
    /// Up to 1024 characters.
    public let description: String?
    /// The `type` of the events it counts.
    public let eventType: String
    /// Events with an earlier time do not count.
    public let eventFrom: Timestamp?
    /// How values become one number.
    public let aggregation: Aggregation
    /// Where the value stands in the data; nil for COUNT and only there.
    public let valueProperty: ValuePath?
    /// The dimensions, sorted by name.
    public let groupBy: [Dimension]
    /// What must be true of an event, all of it, sorted by the bytes of the filters' names; an event for which it is not is none
    /// of the meter's.
    public let filters: [MeterFilter]
    /// What its owner notes beside it.
    public let metadata: [String: String]

    /// The longest slug, in characters.
    public static let maximumSlugLength = 64
    /// The longest name, in characters (Unicode scalars).
    public static let maximumNameLength = 256
    /// The longest description, in characters (Unicode scalars).
    public static let maximumDescriptionLength = 1024
    /// The most dimensions.
    public static let maximumDimensions = 64

    /// Checks and makes a meter. The name is the slug where none is given; `groupBy` and `filters` may come in any
    /// order.
    ///
    /// - Throws: the first rule that is broken, with the field it is about.
    public init(
        slug: String,
        name: String? = nil,
        description: String? = nil,
        eventType: String,
        eventFrom: Timestamp? = nil,
        aggregation: Aggregation,
        valueProperty: ValuePath? = nil,
        groupBy: [Dimension] = [],
        filters: [MeterFilter] = [],
        metadata: [String: String] = [:]
    ) throws(MeterError) {
        self.slug = slug
        self.name = name ?? slug
        self.description = description
        self.eventType = eventType
        self.eventFrom = eventFrom
        self.aggregation = aggregation
        self.valueProperty = valueProperty
        self.groupBy = groupBy.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.filters = filters.sorted { $0.name.precedesBytewise($1.name) }
        self.metadata = metadata
        try validate()
        try validateFilters()
    }

    /// The paths to look up in an event's data: the value's first if there is one, then each dimension's, then that of each
    /// filter that has one, even where it stands there before.
    public var paths: [ValuePath] {
        (valueProperty.map { [$0] } ?? []) + groupBy.map(\.path) + filters.compactMap(\.path)
    }

    private func validate() throws(MeterError) {
        guard Self.isSlug(slug) else { throw .slug(slug) }
        guard (1...Self.maximumNameLength).contains(name.unicodeScalars.count) else { throw .nameLength(slug: slug) }
        if let description, description.unicodeScalars.count > Self.maximumDescriptionLength {
            throw .descriptionLength(slug: slug)
        }
        if eventType.isEmpty { throw .eventTypeMissing(slug: slug) }
        if aggregation.measuresValue, valueProperty == nil {
            throw .valuePropertyMissing(slug: slug, aggregation: aggregation)
        }
        if !aggregation.measuresValue, valueProperty != nil { throw .valuePropertyNotAllowed(slug: slug) }
        if groupBy.count > Self.maximumDimensions { throw .tooManyDimensions(slug: slug, count: groupBy.count) }
        for (index, dimension) in groupBy.enumerated() {
            let name = dimension.name
            guard Self.isDimensionName(name) else { throw .dimensionName(slug: slug, name: name) }
            if name == "subject" { throw .dimensionReserved(slug: slug, name: name) }
            if index > 0, groupBy[index - 1].name == name { throw .dimensionRepeated(slug: slug, name: name) }
            if dimension.path == valueProperty { throw .dimensionIsValue(slug: slug, name: name, path: dimension.path) }
        }
    }

    private static func isSlug(_ text: String) -> Bool {
        guard (1...maximumSlugLength).contains(text.utf8.count) else { return false }
        return text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.allSatisfy { isLowercase($0) || isDigit($0) }
        }
    }

    private static func isDimensionName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isLowercase($0 | 0x20) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
