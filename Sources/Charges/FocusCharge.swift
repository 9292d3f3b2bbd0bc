public import Metering

/// One row of a FOCUS dataset: what one series of one meter used on one day in one part of its price, and what that costs.
///
/// FOCUS 1.0 to 1.4, https://focus.finops.org/focus-specification/. No number is rounded: what has no exact decimal is
/// refused.
public struct FocusCharge: Sendable {
    let context: ChargeContext
    let part: PricePart
    /// The series' subject; empty where events have none.
    public let subject: String
    /// The series' values of the meter's dimensions, in the order of `Meter.groupBy`; empty where events have none.
    public let dimensions: [String]
    /// What was measured, in consumed units; below zero where usage was taken back.
    public let consumedQuantity: ExactDecimal
    /// The same in pricing units.
    public let pricingQuantity: ExactDecimal
    /// The list price times the pricing quantity.
    public let listCost: ExactDecimal
    /// The contracted price times the pricing quantity.
    public let contractedCost: ExactDecimal
    /// The contracted cost where the provider sends the invoice, else zero.
    public let billedCost: ExactDecimal

    init(
        row: UsageRow,
        subject: String,
        quantity: ExactDecimal,
        of part: PricePart,
        _ today: DayPricing
    ) throws(ChargeError) {
        let context = today.context
        self.context = context
        self.part = part
        self.subject = subject
        dimensions = row.dimensions
        consumedQuantity = quantity
        var what = "PricingQuantity"
        do throws(ExactDecimalError) {
            pricingQuantity = try today.pricingQuantity(quantity)
            what = "ListCost"
            listCost = try part.listUnitPrice.multiplied(by: pricingQuantity)
            what = "ContractedCost"
            contractedCost =
                part.isAtListPrice ? listCost : try part.contractedUnitPrice.multiplied(by: pricingQuantity)
        } catch {
            throw context.error(error, what, subject: subject)
        }
        let values = context.meter.values
        let providerInvoices =
            values.providerInvoices
            ?? values.invoiceIssuer.sameText(as: values.provider, subject: subject, dimensions: row.dimensions)
        billedCost = providerInvoices ? contractedCost : .zero
    }
}

extension SeriesValue {
    fileprivate func sameText(as other: SeriesValue, subject: String, dimensions: [String]) -> Bool {
        guard let mine = text(subject: subject, dimensions: dimensions),
            let theirs = other.text(subject: subject, dimensions: dimensions)
        else { return false }
        return mine.hasSameBytes(as: theirs)
    }
}
