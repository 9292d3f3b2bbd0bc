public import CloudEvents

/// A day of the calendar (Gregorian), without a zone. As text it has a year from 0001 to 9999; days around those exist so
/// that every time an event can have is in one.
public struct LocalDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Days since 1970-01-01.
    let number: Int

    /// The first day there is, -0001-01-01, in days since 1970-01-01.
    static let first = -719_893
    /// The last day there is, 10000-12-31.
    static let last = 2_933_262

    init(clampedNumber number: Int) {
        self.number = min(max(number, Self.first), Self.last)
    }

    /// Reads `yyyy-MM-dd`; nil for anything else, and for days the calendar does not have.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = Self.integer(bytes[0..<4]), let month = Self.integer(bytes[5..<7]),
            let day = Self.integer(bytes[8..<10])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// A day by its parts; nil if the calendar does not have it.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.days(inMonth: month, of: year)
        else { return nil }
        number = Self.number(year: year, month: month, day: day)
    }

    /// The day that a moment is in.
    ///
    /// Where clocks go back over midnight to the day before, that day has ended for good: days follow each other without
    /// overlapping, and each starts where `start(in:)` says.
    public init(containing time: Timestamp, in zone: Zone) {
        let second = time.microseconds.flooredQuotient(1_000_000)
        let span = zone.table.span(at: second)
        let day = LocalDay(clampedNumber: Int((second + Int64(zone.table.offsets[span])).flooredQuotient(86_400)))
        self = day.next.start(in: zone) <= time && day.number < Self.last ? day.next : day
    }

    /// The year.
    public var year: Int { parts.year }
    /// The month, 1 to 12.
    public var month: Int { parts.month }
    /// The day of the month, 1 to 31.
    public var day: Int { parts.day }

    /// The following day; the last day there is has none and gives itself.
    public var next: LocalDay { adding(days: 1) }

    /// The day before; the first day there is has none and gives itself.
    public var previous: LocalDay { adding(days: -1) }

    /// A day so many days later, or earlier for a negative number; never beyond the first and the last day there are.
    public func adding(days: Int) -> LocalDay {
        let (sum, overflow) = number.addingReportingOverflow(days)
        return LocalDay(clampedNumber: overflow ? (days < 0 ? Self.first : Self.last) : sum)
    }

    /// The first of the day's month.
    public var startOfMonth: LocalDay { LocalDay(clampedNumber: number - day + 1) }

    /// The first of the month after the day's month.
    public var startOfNextMonth: LocalDay {
        let (year, month, day) = parts
        return adding(days: Self.days(inMonth: month, of: year) - day + 1)
    }

    /// The first moment of the day: when the clocks first show its midnight, or, where they skip it, the moment they do.
    ///
    /// A day that a zone never had (Pacific/Apia left out 2011-12-30) starts where the next one does, and is empty.
    public func start(in zone: Zone) -> Timestamp {
        let midnight = Int64(number) * 86_400
        let table = zone.table
        // Offsets are less than a day and a half, so the clocks have not shown this midnight two days before.
        var span = table.span(at: midnight - 2 * 86_400)
        while true {
            let candidate = max(table.start(of: span), midnight - Int64(table.offsets[span]))
            guard let end = table.end(of: span), candidate >= end else {
                return Timestamp(microseconds: candidate * 1_000_000)
            }
            span += 1
        }
    }

    /// Orders days by time.
    public static func < (left: LocalDay, right: LocalDay) -> Bool { left.number < right.number }

    /// `yyyy-MM-dd`.
    public var description: String {
        let (year, month, day) = parts
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: width - digits.utf8.count) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    private static func integer(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    // Years are counted from March here, so that a leap day is the last of its year, and 400 years (146,097 days) repeat.
    // Month m of such a year, with March 0, starts on its day (153 m + 2) / 5. 1970-01-01 is day 719,468 since 0000-03-01.

    private static func number(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let marchMonth = (month + 9) % 12
        let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
    }

    private var parts: (year: Int, month: Int, day: Int) {
        // 400 years are added and taken off again, so that no day before the year 0000 is negative here.
        let days = number + 719_468 + 146_097
        let era = days / 146_097 - 1
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}
