import CloudEvents
import Foundation
import Metering

/// Random events around moments at which clocks and calendars do something, and random questions about them.
struct UsageScenario {
    /// Clocks change in both directions, by an hour and by half of one; zones of 45 minutes; a leap day; the year's end.
    private static let moments = [
        "2025-03-09T10:00:00Z", "2024-11-03T09:00:00Z", "2025-04-05T14:45:00Z", "2025-04-05T15:00:00Z",
        "2024-02-29T00:00:00Z", "2024-12-31T18:15:00Z", "2025-01-01T00:00:00Z", "2025-03-30T01:00:00Z",
    ]
    private static let zones = [
        "UTC", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe", "Europe/Berlin",
        "Asia/Kolkata", "America/St_Johns",
    ]
    /// Among them texts that mean something to SQL, URLs, JSON and LIKE, and two that look the same.
    static let texts = [
        "customer-1", "100%", "a/b c", "O'Brien \"q\"", "日本語 お客様", "line\nfeed", "caf\u{E9}", "cafe\u{301}", "_", "🙂",
    ]

    /// CloudEvents takes no control characters in an attribute.
    static let subjects = texts.filter { !$0.contains("\n") }

    private(set) var random: SplitMix
    private var made = 0

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    /// A number from 0 up to, and without, the limit.
    mutating func number(below limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
    private mutating func pick<T>(_ choices: [T]) -> T { choices[number(below: choices.count)] }
    private mutating func chance(_ one: Int, in many: Int) -> Bool { number(below: many) < one }

    private mutating func moment() -> Int64 {
        guard let base = Timestamp(Self.pick(&random, Self.moments)) else { return 0 }
        // Half of them close to the moment, the others within a day and a half.
        let reach: Int64 = chance(1, in: 2) ? 4_000_000_000 : 130_000_000_000
        return base.microseconds + Int64(random.next() % UInt64(2 * reach)) - reach
    }

    private static func pick(_ random: inout SplitMix, _ choices: [String]) -> String {
        choices[Int(random.next() % UInt64(choices.count))]
    }

    mutating func event(arrival: Int64) -> SlowEvent {
        made += 1
        return SlowEvent(
            id: chance(1, in: 12) && made > 1 ? "e\(number(below: made))" : "e\(made)",
            subject: pick(Self.subjects),
            type: chance(1, in: 8) ? "other" : "prompt",
            time: chance(1, in: 20) ? nil : moment(),
            arrival: arrival,
            tokens: chance(1, in: 10) ? nil : number(below: 999) + 1,
            model: chance(1, in: 6) ? nil : pick(Self.texts),
            region: chance(1, in: 6) ? nil : pick(Array(Self.texts.prefix(4))),
            user: pick(Self.texts)
        )
    }

    mutating func query(_ meter: String) -> UsageQuery {
        var query = UsageQuery(meter: meter)
        let bounds = [bound(), bound()].sorted()
        if chance(3, in: 4) { query.from = bounds[0] }
        if chance(3, in: 4), query.from != bounds[1] { query.to = bounds[1] }
        query.windowSize = pick([nil, .minute, .hour, .day, .month])
        query.zone = Zone(Self.pick(&random, Self.zones)) ?? .utc
        if chance(1, in: 4) { query.subjects = [pick(Self.texts), pick(Self.texts)] }
        for name in ["subject", "model", "$.place.region"] where chance(1, in: 3) { query.groupBy.append(name) }
        for name in ["subject", "model", "$['user']"] where chance(1, in: 5) { query.filters[name] = condition() }
        return query
    }

    /// A quarter of them on whole hours.
    private mutating func bound() -> Timestamp {
        let time = moment()
        return Timestamp(microseconds: chance(1, in: 4) ? SlowUsage.floored(time, 3_600_000_000) : time)
    }

    private mutating func condition() -> TextCondition {
        switch number(below: 5) {
        case 0: .equal(pick(Self.texts))
        case 1: .notEqual(pick(Self.texts))
        case 2: .oneOf([pick(Self.texts), pick(Self.texts)])
        case 3: .greater(pick(Self.texts))
        default: .any([.equal(pick(Self.texts)), .equal("")])
        }
    }
}
