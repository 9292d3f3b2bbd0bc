public import CloudEvents
public import Metering

extension CronExpression {
    /// The first time after `moment` at which the clocks of `zone` show a time the expression names.
    ///
    /// Where clocks go forward, a time they skip counts as the first instant after the gap. Where they go back, a time
    /// they show twice counts once, the first time. Two skipped times are one run.
    ///
    /// - Returns: nil when there is none before the end of the year 9999.
    public func next(after moment: Timestamp, in zone: Zone) -> Timestamp? {
        var day = LocalDay(containing: moment, in: zone)
        while day.year <= 9999 {
            if matches(day) {
                let midnight = day.start(in: .utc).microseconds / 1_000_000
                for hour in 0..<24 where hours & 1 << UInt64(hour) != 0 {
                    for minute in 0..<60 where minutes & 1 << UInt64(minute) != 0 {
                        let instant = zone.instant(wall: midnight + Int64(hour * 3600 + minute * 60))
                        if instant > moment { return instant }
                    }
                }
            }
            day = day.next
        }
        return nil
    }

    private func matches(_ day: LocalDay) -> Bool {
        guard months & 1 << UInt64(day.month) != 0 else { return false }
        let inMonth = monthDays & 1 << UInt64(day.day) != 0
        let inWeek = weekdays & 1 << UInt64(day.weekday) != 0
        return eitherDay ? inMonth || inWeek : inMonth && inWeek
    }
}

extension LocalDay {
    /// 0 for Sunday. 1970-01-01 was a Thursday.
    fileprivate var weekday: Int {
        Int((start(in: .utc).microseconds / 86_400_000_000 % 7 + 11) % 7)
    }
}

extension Zone {
    /// When the zone's clocks first show a time, given in seconds as if the clocks were UTC's; the first instant after
    /// the gap when they skip it.
    fileprivate func instant(wall: Int64) -> Timestamp {
        // The offsets on both sides of any change near here; a zone changes at most once in two days.
        let before = Int64(offset(at: (wall - 86_400) * 1_000_000))
        let after = Int64(offset(at: (wall + 86_400) * 1_000_000))
        if Int64(offset(at: (wall - before) * 1_000_000)) == before { return Timestamp(seconds: wall - before) }
        if Int64(offset(at: (wall - after) * 1_000_000)) == after { return Timestamp(seconds: wall - after) }
        // Skipped: the change lies after `wall - after` and not after `wall - before`.
        var old = wall - after
        var new = wall - before
        while new - old > 1 {
            let middle = old + (new - old) / 2
            if Int64(offset(at: middle * 1_000_000)) == after { new = middle } else { old = middle }
        }
        return Timestamp(seconds: new)
    }
}

extension Timestamp {
    fileprivate init(seconds: Int64) { self.init(microseconds: seconds * 1_000_000) }
}
