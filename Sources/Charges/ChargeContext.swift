import Metering
import ReportDefinitions

/// What all of a meter's charges of one day share.
final class ChargeContext: Sendable {
    let day: LocalDay
    let meter: PricedMeter
    let price: Price
    let dayText: String
    let chargePeriodStart: String
    let chargePeriodEnd: String
    let billingPeriodStart: String
    let billingPeriodEnd: String

    init(day: LocalDay, meter: PricedMeter, price: Price) {
        self.day = day
        self.meter = meter
        self.price = price
        let period = BillingPeriod(containing: day)
        dayText = day.description
        chargePeriodStart = day.focusText
        chargePeriodEnd = day.next.focusText
        billingPeriodStart = period.first.focusText
        billingPeriodEnd = period.next.first.focusText
    }

    /// Says which number was no exact decimal.
    func error(_ error: ExactDecimalError, _ what: String, subject: String) -> ChargeError {
        if case .overflow = error { return .overflow(what: what, meter: meter.meter.slug, subject: subject, day: day) }
        return .inexact(what: what, meter: meter.meter.slug, subject: subject, day: day)
    }
}

extension LocalDay {
    /// The day's first instant in UTC.
    fileprivate var focusText: String { "\(self)T00:00:00Z" }
}
