/// What a month costs, slowly: every hundredth of a unit is looked up in the price list by itself, in whole numbers.
///
/// Quantities and bounds are in hundredths of a consumed unit, prices in ten-thousandths per pricing unit.
struct PriceModel {
    struct Rates {
        var allowance: Int
        var isVolume: Bool
        /// The last one's end is nil.
        var tiers: [(upTo: Int?, price: Int)]

        /// Which part of the price a hundredth is in, counted from 1 for the month's first one, and what it costs: 0 for the
        /// free part, then the tiers from 1.
        func part(of hundredth: Int, month: Int) -> (number: Int, price: Int) {
            if allowance > 0, hundredth <= allowance { return (0, 0) }
            let quantity = (isVolume ? month : hundredth) - allowance
            for (index, tier) in tiers.enumerated() {
                if let upTo = tier.upTo, quantity > upTo { continue }
                return (index + 1, tier.price)
            }
            return (tiers.count, 0)
        }
    }

    struct Price {
        var from: Int
        /// Hundredths of a consumed unit in a pricing unit.
        var per: Int
        var list: Rates
        var contracted: Rates
        var overrides: [(subject: String, rates: Rates)]
    }

    struct Event {
        /// The day of the month, from 1.
        var day: Int
        var subject: String
        var model: String
        var hundredths: Int
    }

    /// What one charge is to say.
    struct Part: Hashable {
        var day: Int
        var subject: [UInt8]
        var model: String
        var hundredths: Int
        var listPrice: Int
        var contractedPrice: Int
        var listCost: Fraction
        var contractedCost: Fraction
        /// The numbers of the parts of list and contract, which no two charges of a series and day have in common.
        var list: Int
        var contracted: Int
    }

    /// By their first day, the first one from 1.
    var prices: [Price]

    /// The charges of a month: by day, subject, model, and part.
    func parts(of events: [Event]) -> [Part] {
        var parts: [Part] = []
        var position: [[UInt8]: Int] = [:]
        for day in Set(events.map(\.day)).sorted() {
            let price = prices.last { $0.from <= day } ?? prices[0]
            let today = events.filter { $0.day == day }
            let subjects = Set(today.map { Array($0.subject.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
            for subject in subjects {
                let mine = events.filter { Array($0.subject.utf8) == subject }
                let month = mine.reduce(0) { $0 + $1.hundredths }
                let agreed = price.overrides.first { Array($0.subject.utf8) == subject }?.rates ?? price.contracted
                for model in Set(mine.filter { $0.day == day }.map(\.model)).sorted() {
                    let used = mine.filter { $0.day == day && $0.model == model }.reduce(0) { $0 + $1.hundredths }
                    var found: [Part] = []
                    let start = position[subject] ?? 0
                    // From the lowest hundredth up, whether they are used or given back.
                    for hundredth in used > 0 ? (start + 1)..<(start + used + 1) : (start + used + 1)..<(start + 1) {
                        let list = price.list.part(of: hundredth, month: month)
                        let contracted = agreed.part(of: hundredth, month: month)
                        if found.last?.list != list.number || found.last?.contracted != contracted.number {
                            found.append(
                                Part(
                                    day: day,
                                    subject: subject,
                                    model: model,
                                    hundredths: 0,
                                    listPrice: list.price,
                                    contractedPrice: contracted.price,
                                    listCost: Fraction(0),
                                    contractedCost: Fraction(0),
                                    list: list.number,
                                    contracted: contracted.number
                                )
                            )
                        }
                        found[found.count - 1].hundredths += used.signum()
                    }
                    for part in found {
                        var part = part
                        let units = Fraction(Int128(part.hundredths), over: Int128(price.per))
                        part.listCost = units * Fraction(Int128(part.listPrice), over: 10_000)
                        part.contractedCost = units * Fraction(Int128(part.contractedPrice), over: 10_000)
                        parts.append(part)
                    }
                    position[subject] = start + used
                }
            }
        }
        return parts
    }
}
