import CloudEvents
import Engine
import Metering
import Testing
import UsageStore

/// The model is believed because it says by itself what can be reckoned by hand.
@Suite("The model by itself")
struct ModelOwnTests {
    private static let noon: Int64 = 1_761_480_000_000_000  // 2025-10-26T12:00:00Z
    private static let hour: Int64 = 3_600_000_000

    private static func event(
        _ id: String,
        _ value: String,
        at hours: Int64 = 0,
        type: String = "prompt",
        subject: String = "customer-1"
    ) -> ModelEvent {
        ModelEvent(
            id: id,
            source: "example/service",
            type: type,
            subject: subject,
            time: noon + hours * hour,
            data: .object([ModelValue.Member(name: "v", value: .number(value))])
        )
    }

    private static func model(_ aggregation: Aggregation, _ events: [ModelEvent]) -> Model {
        var model = Model()
        model.add(
            ModelMeter(
                slug: "m",
                type: "prompt",
                aggregation: aggregation,
                value: aggregation == .count ? nil : "$.v"
            )
        )
        model.take(events, origin: .http, arrival: noon)
        return model
    }

    private static func rows(_ model: Model) throws -> [UsageRow] {
        try Model.rows(UsageQuery(meter: "m"), of: model.meters[0], model.counted(by: model.meters[0]))
    }

    @Test("fractions are written exactly, or rounded half to even at the eighteenth digit")
    func fractions() throws {
        for (numerator, denominator, text) in [
            (1, 3, "0.333333333333333333"), (2, 3, "0.666666666666666667"), (-5, 2, "-2.5"), (10, 5, "2"),
            (1, 2_000_000_000_000_000_000, "0"), (3, 2_000_000_000_000_000_000, "0.000000000000000002"), (0, 7, "0"),
            (199_999_999_999, 100_000_000_000, "1.99999999999"),
        ] as [(Int128, Int128, String)] {
            #expect(Fraction(numerator, denominator).text == text)
        }
        for (text, written) in [("1.5e3", "1500"), ("-0.50", "-0.5"), ("12", "12"), ("2e-2", "0.02")] {
            #expect(Fraction(text)?.text == written)
        }
        for text in ["", "-", "1.", ".5", "many", "1e", "1.2.3"] { #expect(Fraction(text) == nil, "\(text)") }
        for (text, cut) in [("1234.5", "1230"), ("-0.012349", "-0.0123"), ("7", "7"), ("999.9", "999"), ("0", "0")] {
            #expect(Fraction(text)?.cutToThreeDigits.text == cut)
        }
    }

    @Test(
        "each aggregation of four values is what it is by hand",
        arguments: [
            (.sum, "1242.5"), (.count, "4"), (.uniqueCount, "3"), (.avg, "310.625"), (.min, "4"), (.max, "1230"),
            (.latest, "4"), (.p50, "4"), (.p90, "1230"),
        ] as [(Aggregation, String)]
    )
    func aggregations(aggregation: Aggregation, expected: String) throws {
        let model = Self.model(
            aggregation,
            [
                Self.event("1", "4", at: 1), Self.event("2", "1230", at: 0), Self.event("3", "4.5", at: -3),
                Self.event("4", "4", at: 1), Self.event("5", "9", type: "other"), Self.event("1", "77", at: 9),
            ]
        )
        let rows = try Self.rows(model)
        #expect(rows.map(\.value.description) == [expected])
        #expect(rows.map(\.events) == [4])
        #expect(rows[0].window.start.microseconds == Self.noon - 3 * Self.hour)
        #expect(rows[0].window.end.microseconds == Self.noon + Self.hour + 60_000_000)
    }

    @Test("a level holds until the next event of its series, and an open one until now")
    func levels() throws {
        let model = Self.model(
            .weightedSum,
            [
                Self.event("1", "2", at: -10), Self.event("2", "5", at: -4), Self.event("3", "0", at: -2),
                Self.event("4", "1", at: -3, subject: "customer-2"),
            ]
        )
        let query = UsageQuery(meter: "m", groupBy: ["subject"])
        let meter = model.meters[0]
        let rows = try Model.levelRows(query, of: meter, model.counted(by: meter), now: Self.noon)
        #expect(rows.map(\.value.description) == ["22", "3"])
        #expect(rows.map(\.events) == [3, 1])
    }

    @Test("a correction moves counts once, and the ledger's sums hold")
    func corrections() throws {
        var model = Self.model(.sum, [Self.event("1", "4"), Self.event("1", "4"), Self.event("1", "5")])
        let key = Self.event("1", "4").key
        guard case .applied = model.correct(key, replacement: Self.event("1", "6"), reason: "", by: "", at: 0) else {
            Issue.record("an event is amended")
            return
        }
        #expect(try Self.rows(model).map(\.value) == [ExactDecimal(6)])
        _ = model.correct(key, replacement: nil, reason: "", by: "", at: 0)
        guard case .alreadyVoided = model.correct(key, replacement: nil, reason: "", by: "", at: 0) else {
            Issue.record("an event is voided once")
            return
        }
        #expect(try Self.rows(model).isEmpty)
        let line = try #require(model.ledger.values.first)
        #expect(line.stored == 3 && line.counted == 1 && line.duplicate == 2 && line.conflict == 1)
        #expect(line.amended == 1 && line.voided == 1)
        #expect(model.meterLedgers["m"]?.values.first.map { [$0.counted, $0.withdrawn, $0.restored] } == [1, 2, 1])
    }
}
