public import CloudEvents

/// A stretch of time: from `start` up to, and without, `end`.
public struct TimeWindow: Sendable, Hashable {
    /// The first moment in it.
    public var start: Timestamp
    /// The first moment after it.
    public var end: Timestamp

    /// Makes a window.
    public init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }

    /// Whether a moment is in it.
    public func contains(_ time: Timestamp) -> Bool { start <= time && time < end }
}

/// How long the windows of a query are.
public enum WindowSize: String, Sendable, Hashable, CaseIterable {
    case minute = "MINUTE"
    case hour = "HOUR"
    case day = "DAY"
    case month = "MONTH"

    /// The window that a moment is in. Windows follow each other without gaps and are never empty.
    ///
    /// A day reaches from local midnight to local midnight, so it is 23 or 25 hours long where clocks change, and a month
    /// from the midnight of its first day. An hour is an elapsed hour that begins where the zone's clocks show a full one; an
    /// hour that comes twice is two windows. Where clocks move by less than an hour (Australia/Lord_Howe moves them by 30
    /// minutes) the window ends there and a new one begins, so hours are full ones again from the next on.
    public func window(containing time: Timestamp, in zone: Zone) -> TimeWindow {
        switch self {
        case .minute: Self.clockWindow(seconds: 60, time, zone)
        case .hour: Self.clockWindow(seconds: 3600, time, zone)
        case .day: Self.dayWindow(time, zone)
        case .month: Self.monthWindow(time, zone)
        }
    }

    private static func clockWindow(seconds: Int64, _ time: Timestamp, _ zone: Zone) -> TimeWindow {
        let table = zone.table
        let second = time.microseconds.flooredQuotient(1_000_000)
        let span = table.span(at: second)
        let offset = Int64(table.offsets[span])
        var start = (second + offset).flooredQuotient(seconds) * seconds - offset
        var end = start + seconds
        // A change of clocks by whole hours leaves hours where they are; any other cuts the window.
        var first = span
        while table.start(of: first) > start {
            if table.isShifted(at: first, against: seconds) { start = table.start(of: first) } else { first -= 1 }
        }
        var last = span
        while let change = table.end(of: last), change < end {
            if table.isShifted(at: last + 1, against: seconds) { end = change } else { last += 1 }
        }
        return TimeWindow(
            start: Timestamp(microseconds: start * 1_000_000),
            end: Timestamp(microseconds: end * 1_000_000)
        )
    }

    private static func dayWindow(_ time: Timestamp, _ zone: Zone) -> TimeWindow {
        let day = LocalDay(containing: time, in: zone)
        return TimeWindow(start: day.start(in: zone), end: day.next.start(in: zone))
    }

    private static func monthWindow(_ time: Timestamp, _ zone: Zone) -> TimeWindow {
        let day = LocalDay(containing: time, in: zone)
        return TimeWindow(start: day.startOfMonth.start(in: zone), end: day.startOfNextMonth.start(in: zone))
    }
}
