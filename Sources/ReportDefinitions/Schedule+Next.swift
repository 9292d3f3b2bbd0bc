public import CloudEvents
public import Metering

extension Schedule {
    /// The first time after `moment` at which the schedule is due. `every` counts from 1970-01-01T00:00:00Z whatever the
    /// zone; cron expressions follow the clocks of `zone` (see `CronExpression.next(after:in:)`).
    ///
    /// - Returns: nil when it is never due again.
    public func next(after moment: Timestamp, in zone: Zone) -> Timestamp? {
        switch self {
        case .every(let seconds):
            let period = Int64(max(seconds, 1)) * 1_000_000
            var since = moment.microseconds % period
            if since < 0 { since += period }
            let (next, overflow) = moment.microseconds.addingReportingOverflow(period - since)
            return overflow ? nil : Timestamp(microseconds: next)
        case .cron(let expression):
            return expression.next(after: moment, in: zone)
        }
    }
}
