import CloudEvents
import Metering
import UsageStore

/// Picks out of scanned events those that one meter counted and one query asks for, with the group each belongs to.
struct LogMatching {
    /// An event that belongs to the answer.
    struct Match {
        var value: ExactDecimal
        var unique: UniqueHash?
    }

    /// A text of an event: a part of the series' key, or one of the query's own paths.
    private enum Place {
        case part(Int)
        case path(Int)
    }

    private let meter: StoredMeter
    private let overflowed: Set<UInt64>
    private var reading: MeterReading
    private let conditions: [(place: Place, matcher: TextMatcher)]
    private let groups: [Place]
    /// Where the parts of the key at hand are.
    private var parts: [Range<Int>] = []
    private var text: [UInt8] = []
    /// The group of the event that matched last: the texts asked for, each behind its length as in a series' key; the
    /// subject first where rows are split by it.
    private(set) var group: [UInt8] = []

    /// - Parameters:
    ///   - overflowed: events that the meter could not add to its total.
    init(_ question: Question, overflowed: Set<UInt64>) {
        meter = question.meter
        self.overflowed = overflowed
        let paths = question.paths
        let dimensions = question.meter.meter.groupBy.map(\.name)
        func place(_ name: String) -> Place? {
            if name == "subject" { return .part(0) }
            if let index = dimensions.firstIndex(of: name) { return .part(index + 1) }
            guard let path = try? ValuePath(name) else { return nil }
            return paths.firstIndex(of: path).map(Place.path)
        }
        let query = question.query
        var conditions = query.filters.sorted { $0.key.precedesBytewise($1.key) }.compactMap { name, condition in
            place(name).map { (place: $0, matcher: TextMatcher(condition)) }
        }
        if !query.subjects.isEmpty { conditions.append((.part(0), TextMatcher(.oneOf(query.subjects)))) }
        self.conditions = conditions
        groups = (query.groupsBySubject ? [.part(0)] : []) + query.dimensionNames.compactMap(place)
        reading = MeterReading(question.meter.meter, also: paths)
    }

    /// What the meter counted of an event; nil when it did not, or the query does not ask for it.
    mutating func match(_ event: ScannedEvent) -> Match? {
        guard !event.isUncounted, meter.activity.contains(where: { $0.contains(event.sequence) }) else { return nil }
        guard case .value(let value, let unique) = reading.read(event.batch, event.index, time: event.time) else {
            return nil
        }
        if !event.isReplacement, overflowed.contains(event.sequence) { return nil }
        findParts()
        for condition in conditions {
            let matches = withText(condition.place, of: event) { condition.matcher.matches($0) }
            guard matches else { return nil }
        }
        var group = Self.take(&group)
        for place in groups { withText(place, of: event) { group.appendPart($0) } }
        self.group = group
        return Match(value: value, unique: unique)
    }

    /// The buffer, emptied, so that it can be filled without another allocation.
    private static func take(_ buffer: inout [UInt8]) -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &buffer)
        taken.removeAll(keepingCapacity: true)
        return taken
    }

    private mutating func findParts() {
        parts.removeAll(keepingCapacity: true)
        reading.key.withUnsafeBytes { key in
            var offset = 0
            while offset + 4 <= key.count {
                let length = Int(UInt32(littleEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                parts.append(offset + 4..<offset + 4 + length)
                offset += 4 + length
            }
        }
    }

    private mutating func withText<R>(
        _ place: Place,
        of event: ScannedEvent,
        _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        switch place {
        case .part(let index):
            return reading.key.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[parts[index]])) }
        case .path(let index):
            text.removeAll(keepingCapacity: true)
            reading.append(other: index, of: event.batch, event.index, to: &text)
            return text.withUnsafeBytes { body($0) }
        }
    }
}
