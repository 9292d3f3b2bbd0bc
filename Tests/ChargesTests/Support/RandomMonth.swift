import Metering
import ReportDefinitions
import Testing

@testable import Charges

/// A price list and events by chance, for the model and for meterd.
struct RandomMonth {
    var random: SplitMix
    let model: PriceModel
    private(set) var events: [PriceModel.Event] = []
    let meter: PricedMeter

    /// The first two are different customers to us, and the same text to Swift.
    static let subjects = ["\u{E9}", "e\u{301}", "", "customer-1", "customer/2"]
    private static let pers = [1, 2, 25, 100, 400, 2_000, 8_000, 100_000]

    init(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var prices = [Self.price(&random, from: 1)]
        if random.once(in: 2) { prices.append(Self.price(&random, from: 2 + random.next(below: 9))) }
        model = PriceModel(prices: prices)
        meter = try PricedMeter(
            slug: Samples.slug,
            in: Samples.catalog(try prices.map { try Self.definition($0) })
        )
        self.random = random
        for _ in 0..<(4 + self.random.next(below: 12)) { addEvent() }
    }

    /// One more event, of any day of the first eleven.
    mutating func addEvent() {
        let hundredths = random.once(in: 4) ? -random.next(below: 900) : random.next(below: 1500)
        events.append(
            PriceModel.Event(
                day: 1 + random.next(below: 11),
                subject: Self.subjects[random.next(below: Self.subjects.count)],
                model: ["", "x", "y"][random.next(below: 3)],
                // Whole units often, so that ends of tiers are met exactly.
                hundredths: random.once(in: 2) ? hundredths / 100 * 100 : hundredths
            )
        )
    }

    static func day(_ number: Int) throws -> LocalDay {
        try #require(LocalDay(year: 2025, month: 6, day: number))
    }

    /// Usage by day and series, in any order.
    mutating func rows(of day: Int) throws -> [UsageRow] {
        let today = events.filter { $0.day == day }
        var rows: [UsageRow] = []
        for (subject, model) in Self.subjects.flatMap({ subject in ["", "x", "y"].map { (subject, $0) } }) {
            let mine = today.filter { $0.subject.utf8.elementsEqual(subject.utf8) && $0.model == model }
            guard !mine.isEmpty else { continue }
            rows.append(try Self.row(subject, [model], mine, day))
        }
        return rows.shuffled(using: &random)
    }

    /// Usage by subject over some days, in any order.
    mutating func rows(of days: Range<Int>) throws -> [UsageRow] {
        var rows: [UsageRow] = []
        for subject in Self.subjects {
            let mine = events.filter { days.contains($0.day) && $0.subject.utf8.elementsEqual(subject.utf8) }
            if !mine.isEmpty { rows.append(try Self.row(subject, [], mine, days.lowerBound)) }
        }
        return rows.shuffled(using: &random)
    }

    private static func row(
        _ subject: String,
        _ dimensions: [String],
        _ events: [PriceModel.Event],
        _ day: Int
    ) throws -> UsageRow {
        let sum = events.reduce(0) { $0 + $1.hundredths }
        let start = try Self.day(day)
        return UsageRow(
            window: TimeWindow(start: start.start(in: .utc), end: start.next.start(in: .utc)),
            subject: subject,
            dimensions: dimensions,
            value: try ExactDecimal(mantissa: Int128(sum), scale: 2),
            events: UInt64(events.count)
        )
    }

    private static func price(_ random: inout SplitMix, from: Int) -> PriceModel.Price {
        let list = rates(&random)
        var overrides: [(subject: String, rates: PriceModel.Rates)] = []
        for subject in subjects where random.once(in: 3) { overrides.append((subject, rates(&random))) }
        return PriceModel.Price(
            from: from,
            per: pers[random.next(below: pers.count)],
            list: list,
            contracted: random.once(in: 2) ? list : rates(&random),
            overrides: overrides
        )
    }

    private static func rates(_ random: inout SplitMix) -> PriceModel.Rates {
        var tiers: [(upTo: Int?, price: Int)] = []
        var end = 0
        for _ in 0..<random.next(below: 4) {
            end += random.once(in: 2) ? 100 * (1 + random.next(below: 9)) : 1 + random.next(below: 900)
            tiers.append((end, price(&random)))
        }
        tiers.append((nil, price(&random)))
        return PriceModel.Rates(
            allowance: random.once(in: 3) ? 1 + random.next(below: 800) : 0,
            isVolume: random.once(in: 3),
            tiers: tiers
        )
    }

    private static func price(_ random: inout SplitMix) -> Int {
        random.once(in: 6) ? 0 : random.next(below: 20_000)
    }

    private static func definition(_ price: PriceModel.Price) throws -> Price {
        var definition = try Samples.price(
            definition(price.list),
            contracted: definition(price.contracted),
            per: ExactDecimal(mantissa: Int128(price.per), scale: 2).description,
            from: "\(day(price.from))"
        )
        definition.overrides = try price.overrides.sorted { $0.subject.precedesBytewise($1.subject) }.map {
            SubjectRates(subject: $0.subject, rates: try Self.definition($0.rates))
        }
        return definition
    }

    private static func definition(_ rates: PriceModel.Rates) throws -> Rates {
        Rates(
            allowance: try ExactDecimal(mantissa: Int128(rates.allowance), scale: 2),
            mode: rates.isVolume ? .volume : .graduated,
            tiers: try rates.tiers.map { tier in
                Rates.Tier(
                    upTo: try tier.upTo.map { try ExactDecimal(mantissa: Int128($0), scale: 2) },
                    unitPrice: try ExactDecimal(mantissa: Int128(tier.price), scale: 4)
                )
            }
        )
    }
}
