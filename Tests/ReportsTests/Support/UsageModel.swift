import Metering

/// Small numbers by chance, the same for the same seed.
struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// From 0 up to, and without, a bound above 0.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// What reports of one meter should say: all events added up anew, in whole numbers.
struct Model {
    private struct Series: Hashable {
        var day: String
        var subject: String
        var model: String
    }

    private var sums: [Series: Int] = [:]
    private var counts: [String: UInt64] = [:]

    /// Events of closed days.
    init(_ events: [MeasuredUsage.Event], zone: Zone, firstOpen: LocalDay) throws {
        struct NoWholeNumber: Error {}
        for event in events {
            let day = LocalDay(containing: event.time, in: zone)
            guard day < firstOpen else { continue }
            guard let value = Int(event.value.description) else { throw NoWholeNumber() }
            let series = Series(
                day: day.description,
                subject: event.subject,
                model: event.dimensions["model"] ?? ""
            )
            sums[series, default: 0] += value
            counts[day.description, default: 0] += 1
        }
    }

    /// The days that have events, in order.
    var days: [String] { counts.keys.sorted() }

    /// Events of a day or a month.
    func events(of period: String) -> UInt64 {
        counts.filter { $0.key.hasPrefix(period) }.values.reduce(0, +)
    }

    /// The sum over a day's series of what each is worth.
    func total(of day: String, worth: (Int) -> Int) -> Int {
        sums.filter { $0.key.day == day }.values.reduce(0) { $0 + worth($1) }
    }

    /// A line for each series, sorted; `text` gives nil where a series has none.
    func lines(_ text: (Int) -> String?) -> [String] {
        sums.compactMap { series, sum in
            text(sum).map { Self.line(series.day, series.subject, series.model, $0) }
        }.sorted()
    }

    static func line(_ parts: String?...) -> String { parts.map { $0 ?? "" }.joined(separator: " ") }

    /// Millionths as a decimal with one digit behind the point or more.
    static func decimal(micro: Int) -> String {
        let digits = String(micro.magnitude)
        let padded = String(repeating: "0", count: max(0, 7 - digits.count)) + digits
        var fraction = padded.suffix(6)
        while fraction.count > 1, fraction.last == "0" { fraction.removeLast() }
        return (micro < 0 ? "-" : "") + padded.dropLast(6) + "." + fraction
    }
}
