import CloudEvents
import Metering

/// What one meter makes of single events outside of apply: when totals are counted again, and when the log answers a
/// query. For one thread.
struct MeterReading {
    /// What it makes of an event.
    enum Outcome {
        /// Another type, too early, or a filter is not met.
        case notItsEvent
        /// The meter cannot use the event.
        case invalid(InvalidValue)
        /// The value to count, and for UNIQUE_COUNT what tells values apart.
        case value(ExactDecimal, unique: UniqueHash?)
    }

    private let type: [UInt8]
    private let probe: MeterProbe
    private let paths: PathSet
    private let others: [Int]
    private var found: [JSONSlice]
    /// The series' key of the event read last, when it has a value.
    private(set) var key: [UInt8] = []

    /// - Parameter others: paths that are none of the meter's, looked up with them.
    init(_ meter: Meter, also others: [ValuePath] = []) {
        type = Array(meter.eventType.utf8)
        var numbers = PathNumbers()
        probe = MeterProbe(meter) { numbers.number(of: $0) }
        self.others = others.map { numbers.number(of: $0) }
        paths = PathSet(numbers.paths)
        found = Array(repeating: .missing, count: paths.count)
    }

    /// Looks at an event.
    /// - Parameter time: its effective time, in microseconds since 1970-01-01T00:00:00Z.
    mutating func read(_ events: EventBatch, _ index: Int, time: Int64) -> Outcome {
        let type = type
        guard events.withText(.type, of: index, { $0.count == type.count && $0.elementsEqual(type) }) else {
            return .notItsEvent
        }
        let data = events.jsonData(of: events[index])
        let (probe, paths) = (probe, paths)
        return found.withUnsafeMutableBufferPointer { found in
            paths.evaluate(data, into: found)
            guard probe.admits(events, index, time: time, found, data, scratch: &key) else { return .notItsEvent }
            switch Measurement(probe, found, data) {
            case .value(let value, let unique):
                probe.makeKey(events, index, found, data, into: &key)
                return .value(value, unique: unique)
            case .invalid(let reason): return .invalid(reason)
            }
        }
    }

    /// Appends the text at one of the other paths, as a dimension shows it, of the event that was read last.
    func append(other: Int, of events: EventBatch, _ index: Int, to text: inout [UInt8]) {
        found[others[other]].appendText(in: events.jsonData(of: events[index]), to: &text)
    }
}
