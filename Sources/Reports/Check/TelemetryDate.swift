import Metering
import ReportDefinitions

/// What a text is as a date.
enum TelemetryDate: Hashable {
    case day(LocalDay)
    /// It looks like one, and the calendar does not have it.
    case noSuchDay
    case otherFormat
}

extension TelemetryFormat.DateFormat {
    /// Reads a date as Finout's readers do: `yyyy`, `MM` and `dd` have their digits, `M` and `d` have one or two.
    func date(_ text: ArraySlice<UInt8>) -> TelemetryDate {
        var rest = text
        let read: (Int?, Int?, Int?)
        switch self {
        case .dashed: read = (rest.number(4), rest.number(2, after: "-"), rest.number(2, after: "-"))
        case .slashed: read = (rest.number(4), rest.number(2, after: "/"), rest.number(2, after: "/"))
        case .slashedShort: read = (rest.number(4), rest.number(1, 2, after: "/"), rest.number(1, 2, after: "/"))
        case .dashedShort: read = (rest.number(4), rest.number(1, 2, after: "-"), rest.number(1, 2, after: "-"))
        case .american:
            let (month, day) = (rest.number(2), rest.number(1, 2, after: "/"))
            read = (rest.number(4, after: "/"), month, day)
        case .timestamp:
            read = (rest.number(4), rest.number(2, after: "-"), rest.number(2, after: "-"))
            guard rest.elementsEqual("T00:00:00Z".utf8) else { return .otherFormat }
            rest = []
        }
        guard let year = read.0, let month = read.1, let day = read.2, rest.isEmpty else { return .otherFormat }
        return LocalDay(year: year, month: month, day: day).map { .day($0) } ?? .noSuchDay
    }
}

extension ArraySlice<UInt8> {
    /// Takes a number of so many digits from the front.
    fileprivate mutating func number(_ digits: Int) -> Int? { number(digits, digits) }

    /// Takes a sign and a number of so many digits from the front.
    fileprivate mutating func number(_ digits: Int, after sign: Unicode.Scalar) -> Int? {
        number(digits, digits, after: sign)
    }

    fileprivate mutating func number(_ least: Int, _ most: Int, after sign: Unicode.Scalar) -> Int? {
        guard first == UInt8(ascii: sign) else { return nil }
        removeFirst()
        return number(least, most)
    }

    private mutating func number(_ least: Int, _ most: Int) -> Int? {
        var value = 0
        var digits = 0
        while digits < most, let digit = first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
            removeFirst()
            digits += 1
        }
        return digits >= least ? value : nil
    }
}
