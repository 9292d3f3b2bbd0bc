/// When a report runs by itself.
public enum Schedule: Sendable, Hashable {
    /// Every so many seconds, aligned to the epoch, so that `1h` runs on the hour.
    case every(seconds: Int)
    /// Five fields, evaluated in the report's zone.
    case cron(CronExpression)
}
