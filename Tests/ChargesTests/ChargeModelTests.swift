import Metering
import ReportDefinitions
import Testing

@testable import Charges

@Suite("Charges of random months against a slow model in fractions")
struct ChargeModelTests {
    /// Months a seed gives.
    private static let months = 40
    /// Events that arrive after a month was charged.
    private static let lateEvents = 3

    @Test(
        "each charge is the model's, late events and all, from the month's first day or from any other",
        arguments: [UInt64(1), 4, 20_250_607, 0xFEED_F00D, 0xC0FF_EE00]
    )
    func months(seed: UInt64) throws {
        for number in 0..<UInt64(Self.months) {
            var month = try RandomMonth(seed: seed &+ number &* 7919)
            try check(&month, "seed \(seed), month \(number)")
            for _ in 0..<Self.lateEvents { month.addEvent() }
            try check(&month, "seed \(seed), month \(number), after late events")
        }
    }

    private func check(_ month: inout RandomMonth, _ context: Comment) throws {
        let expected = month.model.parts(of: month.events)
        let charges = try charge(&month, from: 1)
        #expect(charges.map { Self.part($0) } == expected.map { Self.part($0) }, context)
        try checkCosts(charges, expected, context)
        try checkDays(charges, month, context)
        checkIDs(charges, context)

        let texts = charges.map(Self.text)
        let again = try charge(&month, from: 1).map(Self.text)
        #expect(again == texts, context)
        let day = 2 + month.random.next(below: 10)
        let first = try RandomMonth.day(day)
        let rest = try charge(&month, from: day).map(Self.text)
        #expect(rest == zip(charges, texts).filter { $0.0.day >= first }.map(\.1), context)
    }

    /// Charges the days from one on, the way a report does.
    private func charge(_ month: inout RandomMonth, from first: Int) throws -> [FocusCharge] {
        var walk = try ChargeMonth(
            meter: month.meter,
            before: month.meter.dependsOnMonth ? month.rows(of: 1..<first) : [],
            totals: month.meter.needsMonthTotals ? month.rows(of: 1..<12) : []
        )
        var charges: [FocusCharge] = []
        for day in first..<12 {
            let rows = try month.rows(of: day)
            let result = try walk.charges(on: RandomMonth.day(day), rows: rows)
            charges += result.charges
            #expect(result.skippedRows == rows.count { $0.value == .zero })
            #expect(result.events == rows.reduce(0) { $0 + $1.events })
        }
        return charges
    }

    /// Costs are unit price × quantity, and add up to the model's.
    private func checkCosts(_ charges: [FocusCharge], _ expected: [PriceModel.Part], _ context: Comment) throws {
        for charge in charges {
            let quantity = Fraction(charge.pricingQuantity)
            #expect(Fraction(charge.listCost) == Fraction(charge.listUnitPrice) * quantity, context)
            #expect(Fraction(charge.contractedCost) == Fraction(charge.contractedUnitPrice) * quantity, context)
            #expect(charge.billedCost == charge.contractedCost, context)
        }
        for subject in RandomMonth.subjects {
            let mine = charges.filter { $0.subject.utf8.elementsEqual(subject.utf8) }
            let model = expected.filter { $0.subject == Array(subject.utf8) }
            let list = mine.reduce(Fraction(0)) { $0 + Fraction($1.listCost) }
            #expect(list == model.reduce(Fraction(0)) { $0 + $1.listCost }, context)
            let contracted = mine.reduce(Fraction(0)) { $0 + Fraction($1.contractedCost) }
            #expect(contracted == model.reduce(Fraction(0)) { $0 + $1.contractedCost }, context)
        }
    }

    /// The parts of a series' day are what it used.
    private func checkDays(_ charges: [FocusCharge], _ month: RandomMonth, _ context: Comment) throws {
        var month = month
        for number in 1..<12 {
            let day = try RandomMonth.day(number)
            for row in try month.rows(of: number) {
                let parts = charges.filter {
                    $0.day == day && $0.subject.utf8.elementsEqual((row.subject ?? "").utf8)
                        && $0.dimensions == row.dimensions
                }
                let sum = parts.reduce(Fraction(0)) { $0 + Fraction($1.consumedQuantity) }
                #expect(sum == Fraction(row.value), context)
                #expect(Set(parts.map(\.skuPriceID)).count == parts.count, context)
            }
        }
    }

    /// On a day an id has one list price.
    private func checkIDs(_ charges: [FocusCharge], _ context: Comment) {
        var prices: [String: Set<ExactDecimal>] = [:]
        for charge in charges {
            prices["\(charge.day) \(charge.skuPriceID)", default: []].insert(charge.listUnitPrice)
        }
        #expect(prices.values.allSatisfy { $0.count == 1 }, context)
    }

    private static func part(_ charge: FocusCharge) -> [String] {
        [
            "\(charge.day)", "\(Array(charge.subject.utf8))", charge.dimensions[0],
            "\(Fraction(charge.consumedQuantity))", "\(Fraction(charge.listUnitPrice))",
            "\(Fraction(charge.contractedUnitPrice))", "\(Fraction(charge.listCost))",
            "\(Fraction(charge.contractedCost))",
        ]
    }

    private static func part(_ part: PriceModel.Part) -> [String] {
        [
            "2025-06-\(part.day < 10 ? "0" : "")\(part.day)", "\(part.subject)", part.model,
            "\(Fraction(Int128(part.hundredths), over: 100))", "\(Fraction(Int128(part.listPrice), over: 10_000))",
            "\(Fraction(Int128(part.contractedPrice), over: 10_000))", "\(part.listCost)", "\(part.contractedCost)",
        ]
    }

    private static func text(_ charge: FocusCharge) -> [String?] {
        FocusColumn.allCases.map { charge.text(of: $0) }
    }
}
