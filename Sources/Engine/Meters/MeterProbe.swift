import CloudEvents
import Metering

/// What a meter looks at in an event: places in a set of paths, by their numbers, and what must be true of them.
///
/// A class, so that apply passes it around without copying what it holds.
final class MeterProbe {
    private struct Filter {
        enum Place {
            case subject
            case source
            case path(Int)
        }

        let place: Place
        let matcher: TextMatcher
    }

    let aggregation: Aggregation
    /// Microseconds; earlier events do not count.
    let eventFrom: Int64
    /// The number of the value's path; nil for COUNT.
    let value: Int?
    /// The numbers of the dimensions' paths, in the order of `Meter.groupBy`.
    let dimensions: [Int]
    private let filters: [Filter]

    /// - Parameter number: gives a path a number in the set that events are looked up with.
    init(_ meter: Meter, number: (ValuePath) -> Int) {
        aggregation = meter.aggregation
        eventFrom = meter.eventFrom?.microseconds ?? .min
        value = meter.valueProperty.map(number)
        dimensions = meter.groupBy.map { number($0.path) }
        filters = meter.filters.map { filter in
            let place: Filter.Place =
                switch filter.place {
                case .subject: .subject
                case .source: .source
                case .path(let path): .path(number(path))
                }
            return Filter(place: place, matcher: TextMatcher(filter.condition))
        }
    }

    /// Whether an event of the meter's type is the meter's: its time and its filters.
    ///
    /// - Parameters:
    ///   - found: what the paths found in `data`.
    ///   - scratch: overwritten.
    @inline(__always)
    func admits(
        _ events: EventBatch,
        _ index: Int,
        time: Int64,
        _ found: UnsafeMutableBufferPointer<JSONSlice>,
        _ data: UnsafeRawBufferPointer,
        scratch: inout [UInt8]
    ) -> Bool {
        guard time >= eventFrom else { return false }
        return filters.isEmpty || meetsFilters(events, index, found, data, &scratch)
    }

    @inline(never)
    private func meetsFilters(
        _ events: EventBatch,
        _ index: Int,
        _ found: UnsafeMutableBufferPointer<JSONSlice>,
        _ data: UnsafeRawBufferPointer,
        _ scratch: inout [UInt8]
    ) -> Bool {
        for filter in filters {
            let meets =
                switch filter.place {
                case .subject: events.withText(.subject, of: index, filter.matcher.matches)
                case .source: events.withText(.source, of: index, filter.matcher.matches)
                case .path(let path): Self.meets(filter.matcher, found[path], data, &scratch)
                }
            guard meets else { return false }
        }
        return true
    }

    private static func meets(
        _ matcher: TextMatcher,
        _ slice: JSONSlice,
        _ data: UnsafeRawBufferPointer,
        _ scratch: inout [UInt8]
    ) -> Bool {
        if slice.kind == .string, !slice.isEscaped {
            return matcher.matches(UnsafeRawBufferPointer(rebasing: slice.bytes(in: data).dropFirst().dropLast()))
        }
        scratch.removeAll(keepingCapacity: true)
        slice.appendText(in: data, to: &scratch)
        return matcher.matches(scratch)
    }

    /// The series' key, as `SeriesTable` defines it.
    @inline(__always)
    func makeKey(
        _ events: EventBatch,
        _ index: Int,
        _ found: UnsafeMutableBufferPointer<JSONSlice>,
        _ data: UnsafeRawBufferPointer,
        into key: inout [UInt8]
    ) {
        key.removeAll(keepingCapacity: true)
        events.withText(.subject, of: index) { key.appendPart($0) }
        for dimension in dimensions { key.appendPart(found[dimension], of: data) }
    }
}

/// Gives paths numbers, the same path always the same.
struct PathNumbers {
    private(set) var paths: [ValuePath] = []

    mutating func number(of path: ValuePath) -> Int {
        if let known = paths.firstIndex(of: path) { return known }
        paths.append(path)
        return paths.count - 1
    }
}
