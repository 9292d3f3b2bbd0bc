import CloudEvents
import Metering

/// Meters and questions.
extension RandomHistory {
    private static let places = [
        ("model", "$.model"), ("plan", "$.plan"), ("user", "$.user"), ("where", "$.place"), ("zone", "$.place.zone"),
    ]

    /// Those of the configuration: every aggregation, with and without dimensions and filters.
    static let configured: [ModelMeter] = [
        ModelMeter(
            slug: "tokens",
            type: "prompt",
            aggregation: .sum,
            value: "$.tokens",
            dimensions: [("model", "$.model"), ("zone", "$.place.zone")]
        ),
        ModelMeter(slug: "prompts", type: "prompt", aggregation: .count),
        ModelMeter(
            slug: "users",
            type: "prompt",
            aggregation: .uniqueCount,
            value: "$.user",
            dimensions: [("model", "$.model")]
        ),
        ModelMeter(slug: "mean", type: "prompt", aggregation: .avg, value: "$.tokens"),
        ModelMeter(
            slug: "least",
            type: "prompt",
            aggregation: .min,
            value: "$.tokens",
            dimensions: [("model", "$.model")]
        ),
        ModelMeter(
            slug: "greatest",
            type: "prompt",
            aggregation: .max,
            value: "$.tokens",
            dimensions: [("plan", "$.plan")]
        ),
        ModelMeter(
            slug: "newest",
            type: "prompt",
            aggregation: .latest,
            value: "$.tokens",
            dimensions: [("zone", "$.place.zone")]
        ),
        ModelMeter(
            slug: "latency_p50",
            type: "prompt",
            aggregation: .p50,
            value: "$.latency",
            dimensions: [("model", "$.model")]
        ),
        ModelMeter(slug: "latency_p99", type: "prompt", aggregation: .p99, value: "$.latency"),
        ModelMeter(
            slug: "storage",
            type: "storage",
            aggregation: .weightedSum,
            value: "$.gb",
            dimensions: [("zone", "$.place.zone")]
        ),
        ModelMeter(
            slug: "filtered",
            type: "prompt",
            aggregation: .sum,
            value: "$.tokens",
            dimensions: [("model", "$.model")],
            filters: [
                ("$.plan", .notEqual("free")), ("model", .any([.likeIgnoringCase("LARGE"), .equal("x%y_z")])),
                ("source", .like("example/%")), ("subject", .noneOf(["customer-2"])),
            ],
            eventFrom: start - 86_400_000_000
        ),
    ]

    mutating func meter(_ slug: String) -> ModelMeter {
        let aggregation = one(of: Aggregation.allCases)
        var meter = ModelMeter(
            slug: slug,
            type: aggregation == .weightedSum || chance(20) ? "storage" : one(of: ["prompt", "prompt", "other"]),
            aggregation: aggregation,
            value: aggregation == .count
                ? nil : aggregation == .weightedSum ? "$.gb" : one(of: ["$.tokens", "$.latency"])
        )
        meter.dimensions = dimensions(keeping: nil)
        if chance(30) { meter.filters = [("subject", .notEqual("customer-1"))] }
        if chance(30) { meter.filters.append(("$.plan", .oneOf(["pro", ""]))) }
        if chance(20) { meter.eventFrom = clock - Int64(number(below: 48)) * 3_600_000_000 }
        return meter
    }

    mutating func dimensions(keeping meter: ModelMeter?) -> [(name: String, path: String)] {
        let dimensions = Self.places.filter { _ in chance(40) }.map { (name: $0.0, path: $0.1) }
        let changed = dimensions.map(\.path) != meter?.dimensions.map(\.path)
        return changed || meter == nil ? dimensions : [(name: "user", path: "$.user")]
    }

    private static let zones = [
        "UTC", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Asia/Kolkata", "America/Sao_Paulo",
    ]

    /// A question about a meter: whole, by windows of any zone, cut anywhere, filtered and grouped by what totals hold and by
    /// what only the log holds.
    mutating func query(_ meter: ModelMeter) throws -> UsageQuery {
        var query = UsageQuery(meter: meter.slug)
        if chance(60) { query.windowSize = one(of: WindowSize.allCases) }
        if let zone = Zone(one(of: Self.zones)) { query.zone = zone }
        if chance(50) { query.from = border() }
        if chance(50) { query.to = border() }
        if let from = query.from, let to = query.to, from >= to { query.to = nil }
        if query.windowSize == .minute, meter.aggregation.keepsLevels {
            // A level is there in every minute.
            let from = border()
            query.from = from
            query.to = Timestamp(microseconds: from.microseconds + 7_234_000_000)
        }
        if chance(15) { query.subjects = [one(of: Self.subjects), one(of: Self.subjects)] }
        query.groupBy = (["subject"] + meter.dimensions.map(\.name)).filter { _ in chance(35) }
        if meter.aggregation != .weightedSum, chance(15) { query.groupBy.append("$.plan") }
        if chance(15) { query.filters["subject"] = condition(Self.subjects) }
        if let dimension = meter.dimensions.first, chance(20) {
            query.filters[dimension.name] = condition(["small", "large", "eu", "u1", ""])
        }
        if meter.aggregation != .weightedSum, chance(10) { query.filters["$.place.zone"] = condition(["eu", "us"]) }
        return query
    }

    private mutating func border() -> Timestamp {
        let time = self.time()
        return Timestamp(microseconds: chance(50) ? time / 3_600_000_000 * 3_600_000_000 : time)
    }

    private mutating func condition(_ texts: [String]) -> TextCondition {
        let text = one(of: texts)
        return switch number(below: 7) {
        case 0: .equal(text)
        case 1: .notEqual(text)
        case 2: .oneOf([text, one(of: texts)])
        case 3: .noneOf([text])
        case 4: .like("%" + text.prefix(2).filter { !"%_\\".contains($0) } + "%")
        case 5: .greaterOrEqual(text)
        default: .any([.less(text), .equal("customer-1")])
        }
    }
}
