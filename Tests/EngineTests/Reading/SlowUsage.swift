import CloudEvents
import Foundation
import Metering

/// An event as a test makes it, with everything the slow reading needs to know.
struct SlowEvent {
    var id: String
    var subject: String
    var type: String
    /// Its own time; nil for its arrival.
    var time: Int64?
    var arrival: Int64
    /// Hundredths, 1 to 999; nil for an event without a value.
    var tokens: Int?
    var model: String?
    var region: String?
    var user: String
    /// Counts no more.
    var isVoided = false

    var effectiveTime: Int64 { time ?? arrival }

    /// The event in the JSON format.
    var json: String {
        var data = ["\"user\":\(user.jsonString)"]
        if let tokens { data.append("\"tokens\":\(SlowUsage.decimal(tokens))") }
        if let model { data.append("\"model\":\(model.jsonString)") }
        if let region { data.append("\"place\":{\"region\":\(region.jsonString)}") }
        let time = time.map { ",\"time\":\"\(Timestamp(microseconds: $0))\"" } ?? ""
        return """
            {"specversion":"1.0","id":\(id.jsonString),"source":"example/service","type":"\(type)",\
            "subject":\(subject.jsonString)\(time),"data":{\(data.joined(separator: ","))}}
            """
    }
}

/// Usage worked out event by event, with whole numbers and Foundation's calendar.
struct SlowUsage {
    /// A row as text, which compares by what it shows.
    struct Row: Hashable, Comparable, CustomStringConvertible {
        var start: Int64
        var end: Int64
        var subject: [UInt8]?
        var dimensions: [[UInt8]]
        var value: String
        var events: UInt64

        var description: String {
            let texts = dimensions.map { String(decoding: $0, as: UTF8.self) }
            let subject = subject.map { String(decoding: $0, as: UTF8.self) }
            return "\(Timestamp(microseconds: start))–\(Timestamp(microseconds: end)) \(subject ?? "-") \(texts): "
                + "\(value) of \(events)"
        }

        static func < (left: Row, right: Row) -> Bool {
            if left.start != right.start { return left.start < right.start }
            let leftTexts = [left.subject ?? []] + left.dimensions
            let rightTexts = [right.subject ?? []] + right.dimensions
            for (one, other) in zip(leftTexts, rightTexts) where one != other {
                return one.lexicographicallyPrecedes(other)
            }
            return false
        }

        init(_ row: UsageRow) {
            start = row.window.start.microseconds
            end = row.window.end.microseconds
            subject = row.subject.map { Array($0.utf8) }
            dimensions = row.dimensions.map { Array($0.utf8) }
            value = row.value.description
            events = row.events
        }

        init(start: Int64, end: Int64, subject: [UInt8]?, dimensions: [[UInt8]], value: String, events: Int) {
            self.start = start
            self.end = end
            self.subject = subject
            self.dimensions = dimensions
            self.value = value
            self.events = UInt64(events)
        }
    }

    private struct Group: Hashable {
        var start: Int64
        var end: Int64
        var subject: [UInt8]?
        var dimensions: [[UInt8]]
    }

    /// In the order of the log; an id counts once.
    var events: [SlowEvent]

    /// The rows a meter over `$.tokens` (or `$.user` for UNIQUE_COUNT) must show.
    func rows(_ query: UsageQuery, aggregation: Aggregation, type: String = "prompt") -> [Row] {
        var seen: Set<String> = []
        var matching: [(sequence: Int, event: SlowEvent)] = []
        for (sequence, event) in events.enumerated() {
            guard seen.insert(event.id).inserted, event.type == type, !event.isVoided else { continue }
            if aggregation.measuresNumber, event.tokens == nil { continue }
            if let from = query.from, event.effectiveTime < from.microseconds { continue }
            if let to = query.to, event.effectiveTime >= to.microseconds { continue }
            let subject = Array(event.subject.utf8)
            if !query.subjects.isEmpty, !query.subjects.contains(where: { Array($0.utf8) == subject }) { continue }
            let meets = query.filters.allSatisfy { Self.meets($0.value, Self.text($0.key, of: event)) }
            if meets { matching.append((sequence, event)) }
        }
        let times = matching.map(\.event.effectiveTime)
        let first = query.from?.microseconds ?? Self.floored(times.min() ?? 0, 60_000_000)
        let last = query.to?.microseconds ?? Self.floored(times.max() ?? 0, 60_000_000) + 60_000_000
        var groups: [Group: [(sequence: Int, event: SlowEvent)]] = [:]
        for (sequence, event) in matching {
            let window =
                query.windowSize.map { Self.window($0, event.effectiveTime, query.zone.identifier) } ?? (first, last)
            let group = Group(
                start: window.0,
                end: window.1,
                subject: query.groupsBySubject ? Array(event.subject.utf8) : nil,
                dimensions: query.dimensionNames.map { Array(Self.text($0, of: event).utf8) }
            )
            groups[group, default: []].append((sequence, event))
        }
        return groups.map { group, events in
            Row(
                start: group.start,
                end: group.end,
                subject: group.subject,
                dimensions: group.dimensions,
                value: Self.value(aggregation, events),
                events: events.count
            )
        }.sorted()
    }

    static func text(_ name: String, of event: SlowEvent) -> String {
        switch name {
        case "subject": event.subject
        case "model", "$.model": event.model ?? ""
        case "$.place.region": event.region ?? ""
        case "$['user']": event.user
        default: ""
        }
    }

    private static func meets(_ condition: TextCondition, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        switch condition {
        case .equal(let other): return bytes == Array(other.utf8)
        case .notEqual(let other): return bytes != Array(other.utf8)
        case .oneOf(let others): return others.contains { Array($0.utf8) == bytes }
        case .greater(let other): return Array(other.utf8).lexicographicallyPrecedes(bytes)
        case .any(let conditions): return conditions.contains { meets($0, text) }
        default: preconditionFailure("the tests ask for nothing else")
        }
    }

    private static func value(_ aggregation: Aggregation, _ events: [(sequence: Int, event: SlowEvent)]) -> String {
        let values = events.compactMap(\.event.tokens).sorted()
        let sum = values.reduce(0, +)
        switch aggregation {
        case .sum: return decimal(sum)
        case .count: return "\(events.count)"
        case .uniqueCount: return "\(Set(events.map { Array($0.event.user.utf8) }).count)"
        case .min: return decimal(values[0])
        case .max: return decimal(values[values.count - 1])
        case .latest:
            let latest = events.max { ($0.event.effectiveTime, $0.sequence) < ($1.event.effectiveTime, $1.sequence) }
            return decimal(latest?.event.tokens ?? 0)
        case .avg: return rounded(Int128(sum) * 10_000_000_000_000_000, by: Int128(values.count))
        case .p50, .p90, .p95, .p99:
            let percent = aggregation.percentile ?? 0
            return decimal(values[(percent * values.count + 99) / 100 - 1])
        case .weightedSum: preconditionFailure("levels are worked out by SlowLevels")
        }
    }

    /// Hundredths as a decimal without trailing zeros.
    static func decimal(_ hundredths: Int) -> String { decimal(Int128(hundredths), scale: 2) }

    /// A quotient rounded half to even, in units of 10^-18.
    static func rounded(_ numerator: Int128, by divisor: Int128) -> String {
        var (quotient, rest) = numerator.quotientAndRemainder(dividingBy: divisor)
        rest *= 2
        if rest > divisor || (rest == divisor && quotient % 2 == 1) { quotient += 1 }
        return decimal(quotient, scale: 18)
    }

    private static func decimal(_ mantissa: Int128, scale: Int) -> String {
        var digits = String(mantissa)
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        var text = digits.dropLast(scale) + "." + digits.suffix(scale)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return String(text)
    }

    static func floored(_ value: Int64, _ unit: Int64) -> Int64 {
        let rest = value % unit
        return value - (rest < 0 ? rest + unit : rest)
    }

    /// The window of a moment, worked out minute by minute with Foundation's time zones.
    static func window(_ size: WindowSize, _ time: Int64, _ zone: String) -> (Int64, Int64) {
        guard let zone = TimeZone(identifier: zone) else { preconditionFailure("\(zone) is a zone") }
        let second = floored(time, 1_000_000) / 1_000_000
        func seconds(_ start: Int64, _ end: Int64) -> (Int64, Int64) { (start * 1_000_000, end * 1_000_000) }
        switch size {
        case .minute: return seconds(floored(second, 60), floored(second, 60) + 60)
        case .hour:
            // Minutes belong to one hour when the hour that their clocks show began at the same moment.
            func hour(_ second: Int64) -> Int64 {
                let offset = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))))
                return floored(second + offset, 3600) - offset
            }
            var start = floored(second, 60)
            while hour(start - 60) == hour(second) { start -= 60 }
            var end = floored(second, 60) + 60
            while hour(end) == hour(second) { end += 60 }
            return seconds(start, end)
        case .day, .month:
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = zone
            let date = Date(timeIntervalSince1970: Double(second))
            guard let interval = calendar.dateInterval(of: size == .day ? .day : .month, for: date) else {
                preconditionFailure("\(date) is in a day")
            }
            return seconds(Int64(interval.start.timeIntervalSince1970), Int64(interval.end.timeIntervalSince1970))
        }
    }
}
