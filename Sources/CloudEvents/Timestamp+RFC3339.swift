/// RFC 3339 section 5.6, `date-time`, read from bytes.
///
/// - `T` and `Z` may be lower case; `-00:00` is taken as UTC.
/// - Digits of the fraction after the sixth are read and dropped (truncation, never rounding up into the next second).
/// - A leap second (`:60`) is taken only where RFC 3339 section 5.7 knows them: at 23:59:60 UTC on 30 June or 31
///   December. It becomes that minute's last microsecond, 23:59:59.999999, so that it stays in the day it ends.
extension Timestamp {
    /// Reads an RFC 3339 `date-time`; nil when the bytes are anything else, or outside the years 0000 to 9999 in UTC.
    public init?(rfc3339 text: UnsafeRawBufferPointer) {
        guard let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let microseconds = Timestamp.parse(start, text.count)
        else { return nil }
        self.microseconds = microseconds
    }

    /// Reads an RFC 3339 `date-time`; nil when the text is anything else.
    public init?(_ rfc3339: String) {
        var text = rfc3339
        guard let read = text.withUTF8({ Timestamp(rfc3339: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = read
    }

    private static let microsecondsInSecond: Int64 = 1_000_000
    /// 0000-01-01T00:00:00Z and 10000-01-01T00:00:00Z, in seconds since 1970.
    private static let firstSecond: Int64 = -62_167_219_200
    private static let endSecond: Int64 = 253_402_300_800
    /// `2025-06-07T12:34:56` and then at least `Z`.
    private static let dateTimeLength = 19

    static func parse(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        guard count > dateTimeLength,
            let date = DigitPairs(text, DigitPairs.Layout.date),
            let clock = DigitPairs(text + 11, DigitPairs.Layout.clock),
            text[10] | 0x20 == UInt8(ascii: "t")
        else { return nil }
        let year = date[0] &* 100 &+ date[2]
        let month = date[5]
        let day = (UInt32(text[8]) &- 48) &* 10 &+ (UInt32(text[9]) &- 48)
        let second = clock[6]
        guard text[8] &- 48 < 10, text[9] &- 48 < 10, clock[0] < 24, clock[3] < 60, second <= 60, month &- 1 < 12,
            day &- 1 < daysInMonth(month, of: year)
        else { return nil }

        var at = dateTimeLength
        guard let fraction = fraction(text, count, &at), let offset = offset(text, count, &at), at == count
        else { return nil }

        let days = daysSince1970(year: Int64(year), month: Int64(month), day: Int64(day))
        let secondsOfDay = Int64(clock[0] &* 3600 &+ clock[3] &* 60 &+ min(second, 59))
        let seconds = days &* 86_400 &+ secondsOfDay &- offset
        guard seconds >= firstSecond, seconds < endSecond else { return nil }
        if second == 60 {
            guard isBeforeLeapSecond(seconds) else { return nil }
            return seconds &* microsecondsInSecond &+ (microsecondsInSecond - 1)
        }
        return seconds &* microsecondsInSecond &+ fraction
    }

    /// Whether the second that starts here, in UTC, is 23:59:59 on 30 June or 31 December.
    private static func isBeforeLeapSecond(_ seconds: Int64) -> Bool {
        let next = seconds + 1
        guard next % 86_400 == 0 else { return false }
        let date = calendarDate(daysSince1970: next / 86_400)
        return date.day == 1 && (date.month == 1 || date.month == 7)
    }

    /// `[ "." 1*DIGIT ]`, in microseconds.
    @inline(__always)
    private static func fraction(_ text: UnsafePointer<UInt8>, _ count: Int, _ at: inout Int) -> Int64? {
        guard text[at] == UInt8(ascii: ".") else { return 0 }
        // Six digits and `Z`, as most libraries write it.
        if count == at &+ 8, let digits = DigitPairs(text + at, DigitPairs.Layout.fraction) {
            at &+= 7
            return Int64(digits[1] &* 10_000 &+ digits[3] &* 100 &+ digits[5])
        }
        return anyFraction(text, count, &at)
    }

    private static func anyFraction(_ text: UnsafePointer<UInt8>, _ count: Int, _ at: inout Int) -> Int64? {
        let start = at + 1
        var value: Int64 = 0
        at = start
        while at < count, text[at] &- 48 < 10 {
            if at - start < 6 { value = value * 10 + Int64(text[at] - 48) }
            at += 1
        }
        guard at > start else { return nil }
        for _ in min(at - start, 6)..<6 { value *= 10 }
        return value
    }

    private static func twoDigits(_ text: UnsafePointer<UInt8>) -> Int64? {
        let tens = Int64(text[0]) - 48
        let ones = Int64(text[1]) - 48
        return (0..<10).contains(tens) && (0..<10).contains(ones) ? tens * 10 + ones : nil
    }

    /// `"Z" / ("+" / "-") hh ":" mm`, in seconds east.
    @inline(__always)
    private static func offset(_ text: UnsafePointer<UInt8>, _ count: Int, _ at: inout Int) -> Int64? {
        guard at < count else { return nil }
        let sign = text[at]
        if sign | 0x20 == UInt8(ascii: "z") {
            at &+= 1
            return 0
        }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), at &+ 6 == count,
            let hours = twoDigits(text + at + 1), text[at &+ 3] == UInt8(ascii: ":"),
            let minutes = twoDigits(text + at + 4), hours < 24, minutes < 60
        else { return nil }
        at &+= 6
        let east = hours * 3600 + minutes * 60
        return sign == UInt8(ascii: "+") ? east : -east
    }
}

/// Eight bytes of digits and separators, checked and added up in one word: each two digits that stand side by side
/// become their number, where the first of them stood.
private struct DigitPairs {
    /// A layout's eight bytes, the first one lowest, with `0` for any digit; and what must be added to each byte's
    /// distance from that so that a wrong one shows in its highest bit: 0x76 for digits, which may be 9 away, 0x7F for
    /// separators.
    enum Layout {
        /// `0000-00-`
        static let date: (bytes: UInt64, reach: UInt64) = (0x2D30_302D_3030_3030, 0x7F76_767F_7676_7676)
        /// `00:00:00`
        static let clock: (bytes: UInt64, reach: UInt64) = (0x3030_3A30_303A_3030, 0x7676_7F76_767F_7676)
        /// `.000000Z`
        static let fraction: (bytes: UInt64, reach: UInt64) = (0x5A30_3030_3030_302E, 0x7F76_7676_7676_767F)
    }

    private let pairs: UInt64

    /// Nil unless the eight bytes are laid out so.
    @inline(__always)
    init?(_ text: UnsafePointer<UInt8>, _ layout: (bytes: UInt64, reach: UInt64)) {
        let word = UInt64(littleEndian: UnsafeRawPointer(text).loadUnaligned(as: UInt64.self))
        let digits = word ^ layout.bytes
        guard (digits | (digits &+ layout.reach)) & 0x8080_8080_8080_8080 == 0 else { return nil }
        pairs = digits &* 10 &+ (digits >> 8)
    }

    /// The number of the two digits at byte `at` and the one after it.
    @inline(__always)
    subscript(at: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: pairs >> (at &* 8) & 0xFF)
    }
}

// MARK: - The proleptic Gregorian calendar

extension Timestamp {
    @inline(__always)
    private static func daysInMonth(_ month: UInt32, of year: UInt32) -> UInt32 {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return 30 &+ ((month &+ (month >> 3)) & 1)
    }

    /// Days since 1970-01-01, counted in years that begin on 1 March so that the leap day comes last.
    @inline(__always)
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year &+ 400 : year &+ 399
        let monthFromMarch = month > 2 ? month &- 3 : month &+ 9
        let dayOfYear = (153 &* monthFromMarch &+ 2) / 5 &+ day &- 1
        return shifted &* 365 &+ shifted / 4 &- shifted / 100 &+ shifted / 400 &+ dayOfYear &- 719_468 &- 146_097
    }

    /// The inverse: the calendar date that many days after 1970-01-01.
    private static func calendarDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC. The fraction stands only when it is not zero, without trailing zeros: `2025-06-07T12:34:56.5Z`.
    /// Years outside 0000 to 9999, which no event can hold, are written with their sign and all their digits.
    public var description: String {
        let secondsInDay: Int64 = 86_400
        let (seconds, fraction) = Timestamp.floorDivide(microseconds, by: Timestamp.microsecondsInSecond)
        let (days, clock) = Timestamp.floorDivide(seconds, by: secondsInDay)
        let date = Timestamp.calendarDate(daysSince1970: days)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number.magnitude)
            return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        var text = padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2)
        text += "T" + padded(clock / 3600, 2) + ":" + padded(clock / 60 % 60, 2) + ":" + padded(clock % 60, 2)
        if fraction != 0 {
            var digits = padded(fraction, 6)
            while digits.last == "0" { digits.removeLast() }
            text += "." + digits
        }
        return text + "Z"
    }

    private static func floorDivide(_ number: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
