extension MeterFilter {
    /// The name of a filter on the event's subject.
    public static let subject = "subject"
    /// The name of a filter on the event's source, in a meter that has no dimension of that name.
    public static let source = "source"

    /// Makes a filter by what its owner calls it: one of the dimensions, `subject`, `source` where no dimension has that name, or a
    /// path beginning with `$`.
    ///
    /// - Parameters:
    ///   - dimensions: those of the meter the filter is for.
    ///   - slug: the meter's, for the error.
    /// - Throws: `.filterUnknown` or `.filterPath` when the name is nothing of these.
    public init(
        name: String,
        condition: TextCondition,
        dimensions: [Dimension],
        slug: String
    ) throws(MeterError) {
        self.init(
            name: name,
            place: try Self.place(named: name, dimensions: dimensions, slug: slug),
            condition: condition
        )
    }

    /// What a name means in a meter with these dimensions.
    static func place(named name: String, dimensions: [Dimension], slug: String) throws(MeterError) -> Place {
        if name.utf8.first == UInt8(ascii: "$") {
            do {
                return .path(try ValuePath(name))
            } catch {
                throw .filterPath(slug: slug, name: name, error: error)
            }
        }
        if let dimension = dimensions.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            return .path(dimension.path)
        }
        switch name {
        case subject: return .subject
        case source: return .source
        default: throw .filterUnknown(slug: slug, name: name, dimensions: dimensions.map(\.name))
        }
    }
}

extension Meter {
    /// The most filters.
    public static let maximumFilters = 64

    /// Checks the filters against the dimensions, which have been checked before.
    func validateFilters() throws(MeterError) {
        if filters.count > Self.maximumFilters { throw .tooManyFilters(slug: slug, count: filters.count) }
        for (index, filter) in filters.enumerated() {
            let name = filter.name
            if index > 0, filters[index - 1].name.utf8.elementsEqual(name.utf8) {
                throw .filterRepeated(slug: slug, name: name)
            }
            let place = try MeterFilter.place(named: name, dimensions: groupBy, slug: slug)
            // A dimension that is changed later must not change which events the meter counts.
            if place != filter.place { throw .filterMoved(slug: slug, name: name) }
            do throws(TextConditionError) {
                try filter.condition.check()
            } catch {
                throw .filterCondition(slug: slug, name: name, error: error)
            }
        }
    }
}
