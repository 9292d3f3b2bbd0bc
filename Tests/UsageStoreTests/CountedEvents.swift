import CloudEvents
import Metering
import Testing

@testable import UsageStore

/// An event as the model keeps it.
struct CountedEvent {
    var sequence: UInt64
    var subject: String
    /// Microseconds since 1970-01-01T00:00:00Z.
    var time: Int64
    var text: String

    /// Any event of a few subjects and hours.
    init(_ random: inout SplitMix, _ sequence: UInt64) {
        self.sequence = sequence
        subject = "customer-\(random.next() % 3)"
        time = Int64(random.next() % 5) * 3_600_000_000 + Int64(random.next() % 50) * 60_000_000
        // Three digits at the most, so that percentiles are exact.
        text = "\(random.next() % 40).\(random.next() % 4)"
    }

    var hour: Int64 { time / 3_600_000_000 }
    var value: ExactDecimal { get throws { try ExactDecimal(text) } }
    var place: String { "\(hour) \(subject)" }
}

/// The events that count, and what totals they should give, worked out anew each time.
struct CountedEvents {
    private let aggregation: Aggregation
    private(set) var events: [CountedEvent] = []

    init(_ aggregation: Aggregation) { self.aggregation = aggregation }

    /// How many series have a total in a bucket.
    var places: Int { Set(events.map(\.place)).count }

    /// Counts an event.
    mutating func add(_ event: CountedEvent, to fixture: StoreFixture) throws {
        let unique = aggregation == .uniqueCount ? event.text : nil
        try fixture.add(event.text, [event.subject, "m"], time: event.time, unique: unique)
        events.append(event)
    }

    /// Takes an event out.
    mutating func void(_ random: inout SplitMix, in fixture: StoreFixture) throws {
        guard let index = events.indices.randomIndex(&random) else { return }
        let event = events.remove(at: index)
        try fixture.edit { edit, slot in try takeOut(event, of: &edit, slot) }
    }

    /// Lets another content count in an event's place.
    mutating func amend(_ random: inout SplitMix, in fixture: StoreFixture) throws {
        guard let index = events.indices.randomIndex(&random) else { return }
        let event = events.remove(at: index)
        let other = CountedEvent(&random, event.sequence)
        try fixture.edit { edit, slot in
            try takeOut(event, of: &edit, slot)
            let unique = aggregation == .uniqueCount ? StoreFixture.hash(other.text) : nil
            try StoreFixture.key([other.subject, "m"]).withUnsafeBytes {
                try edit.add(
                    slot,
                    key: $0,
                    value: other.value,
                    unique: unique,
                    time: other.time,
                    sequence: other.sequence
                )
            }
        }
        events.insert(other, at: index)
    }

    /// As a correction does: subtracts where that is exact, counts again where it is not, and only the count goes where
    /// another event has the value.
    private func takeOut(_ event: CountedEvent, of edit: inout TotalsEdit, _ slot: Totals.Slot) throws {
        let rest = events.filter { $0.place == event.place }
        try StoreFixture.key([event.subject, "m"]).withUnsafeBytes { key in
            if aggregation.isAdditive || aggregation.keepsCells || aggregation.keepsLevels {
                try edit.subtract(
                    slot,
                    key: key,
                    value: event.value,
                    time: event.time,
                    sequence: event.sequence
                )
                return
            }
            var total = Accumulator()
            for other in rest {
                try total.add(other.value, aggregation: aggregation, time: other.time, sequence: other.sequence)
            }
            let before = try #require(try edit.total(slot, key: key, time: event.time))
            if aggregation != .uniqueCount, !rest.isEmpty, total.value == before.value,
                total.sequence == before.sequence
            {
                try edit.drop(slot, key: key, time: event.time)
            } else {
                let unique = aggregation == .uniqueCount ? Set(rest.map { StoreFixture.hash($0.text) }) : []
                try edit.replace(slot, key: key, time: event.time, total: total, uniqueValues: unique)
            }
        }
    }

    /// Compares the store's answer by hour and subject with the model's.
    func check(_ fixture: StoreFixture, _ comment: Comment) throws {
        let rows = try #require(try fixture.rows(groupBy: ["subject"], window: .hour))
        var found: [String: ExactDecimal] = [:]
        var counts: [String: Int] = [:]
        for row in rows {
            let place = "\(row.window.start.microseconds / 3_600_000_000) \(row.subject ?? "")"
            found[place] = row.value
            counts[place] = Int(row.events)
        }
        let places = Dictionary(grouping: events, by: \.place)
        #expect(try found == places.mapValues(result), comment)
        #expect(counts == places.mapValues(\.count), comment)
    }

    /// What the meter should show of some events.
    func result(_ events: [CountedEvent]) throws -> ExactDecimal {
        let values = try events.map { try $0.value }
        let sum = try values.reduce(ExactDecimal.zero) { try $0.adding($1) }
        switch aggregation {
        case .sum: return sum
        case .avg: return sum.divided(byCount: UInt64(values.count), fractionDigits: Accumulator.meanFractionDigits)
        case .count: return ExactDecimal(values.count)
        case .uniqueCount: return ExactDecimal(Set(events.map(\.text)).count)
        case .min: return try #require(values.min())
        case .max: return try #require(values.max())
        case .latest:
            let latest = events.max { ($0.time, $0.sequence) < ($1.time, $1.sequence) }
            return try #require(try latest?.value)
        case .p50, .p90, .p95, .p99:
            let rank = (values.count * (aggregation.percentile ?? 0) + 99) / 100
            return values.sorted()[rank - 1]
        case .weightedSum: preconditionFailure("levels are not totals of an hour")
        }
    }
}

extension Range<Int> {
    /// One of its numbers; nil when it has none.
    fileprivate func randomIndex(_ random: inout SplitMix) -> Int? {
        isEmpty ? nil : lowerBound + Int(random.next() % UInt64(count))
    }
}
