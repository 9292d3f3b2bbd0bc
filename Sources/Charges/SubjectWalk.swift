import Metering
import ReportDefinitions

/// What all of a meter's charges of one day have in common.
struct DayPricing {
    let priceIndex: Int
    let unitsPerConsumed: ExactDecimal?
    let context: ChargeContext

    init(day: LocalDay, meter: PricedMeter) throws(ChargeError) {
        guard let index = meter.priceIndex(on: day) else {
            throw .noPrice(meter: meter.meter.slug, day: day, first: meter.prices[0].price.from)
        }
        priceIndex = index
        unitsPerConsumed = meter.prices[index].unitsPerConsumed
        context = ChargeContext(day: day, meter: meter, price: meter.prices[index].price)
    }

    /// Consumed units in pricing units.
    func pricingQuantity(_ consumed: ExactDecimal) throws(ExactDecimalError) -> ExactDecimal {
        if let unitsPerConsumed { return try consumed.multiplied(by: unitsPerConsumed) }
        return try consumed.divided(by: context.price.per)
    }
}

/// One subject on one day: where its month stands, and the parts its units fall into.
struct SubjectWalk {
    let key: SubjectKey
    let table: PartTable
    /// Consumed units since the month began; nil where no price depends on them.
    private(set) var position: ExactDecimal?

    init(key: SubjectKey, table: PartTable, position: ExactDecimal?) {
        self.key = key
        self.table = table
        self.position = position
    }

    /// Appends a series' charges, one for each part its units fall into, the lowest part first.
    mutating func charge(
        _ row: UsageRow,
        _ today: DayPricing,
        _ charges: inout [FocusCharge]
    ) throws(ChargeError) {
        let needed = today.context.meter.values.needed
        for column in needed where column.value.text(subject: key.subject, dimensions: row.dimensions) == nil {
            throw .emptyColumn(
                column.column,
                meter: today.context.meter.meter.slug,
                day: today.context.day,
                source: column.source.description
            )
        }
        guard let position else {
            charges.append(
                try FocusCharge(row: row, subject: key.subject, quantity: row.value, of: table.parts[0], today)
            )
            return
        }
        let after = try exact("the month's quantity", today) { () throws(ExactDecimalError) in
            try position.adding(row.value)
        }
        self.position = after
        let (low, high) = row.value > .zero ? (position, after) : (after, position)
        var from = low
        var index = table.index(above: low)
        while from < high {
            let part = table.parts[index]
            let to = part.upTo.map { min($0, high) } ?? high
            let quantity = try exact("ConsumedQuantity", today) { () throws(ExactDecimalError) in
                row.value > .zero ? try to.subtracting(from) : try from.subtracting(to)
            }
            charges.append(try FocusCharge(row: row, subject: key.subject, quantity: quantity, of: part, today))
            from = to
            index += 1
        }
    }

    private func exact(
        _ what: String,
        _ today: DayPricing,
        _ compute: () throws(ExactDecimalError) -> ExactDecimal
    ) throws(ChargeError) -> ExactDecimal {
        do {
            return try compute()
        } catch {
            throw today.context.error(error, what, subject: key.subject)
        }
    }
}
