import CloudEvents
import Foundation
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "a date-time is read to the microsecond",
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("2025-06-07T12:34:56.123456Z", 1_749_299_696_123_456),
            ("2025-06-07T12:34:56Z", 1_749_299_696_000_000),
            ("2025-06-07t12:34:56.5z", 1_749_299_696_500_000),
            ("2025-06-07T12:34:56.1234569Z", 1_749_299_696_123_456),
            ("2025-06-07T12:34:56.00000000000000000001Z", 1_749_299_696_000_000),
            ("2025-06-07T14:34:56+02:00", 1_749_299_696_000_000),
            ("2025-06-07T09:04:56-03:30", 1_749_299_696_000_000),
            ("2025-06-07T12:34:56-00:00", 1_749_299_696_000_000),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            ("9999-12-31T23:59:59.999999999Z", 253_402_300_799_999_999),
        ] as [(String, Int64)]
    )
    func reads(_ text: String, _ microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test("a leap second is the last microsecond of its minute, in any offset")
    func leapSecond() {
        let end = Timestamp("2016-12-31T23:59:59.999999Z")
        #expect(Timestamp("2016-12-31T23:59:60Z") == end)
        #expect(Timestamp("2016-12-31T23:59:60.75Z") == end)
        #expect(Timestamp("2017-01-01T01:59:60+02:00") == end)
        #expect(Timestamp("2015-06-30T23:59:60Z") == Timestamp("2015-06-30T23:59:59.999999Z"))
    }

    @Test(
        "what is no date-time of RFC 3339 is refused",
        arguments: [
            "", "Z", "2025-06-07", "2025-06-07T12:34:56", "2025-06-07T12:34Z", "2025-06-07 12:34:56Z",
            "2025-06-07T12:34:56.Z", "2025-06-07T12:34:56,5Z", "2025-06-07T12:34:56Zx", " 2025-06-07T12:34:56Z",
            "2025-06-07T12:34:56+2:00", "2025-06-07T12:34:56+02", "2025-06-07T12:34:56+02:0",
            "2025-06-07T12:34:56+02:60",
            "2025-06-07T12:34:56+24:00", "2025-06-07T12:34:56-24:00", "2025-00-07T12:34:56Z", "2025-13-07T12:34:56Z",
            "2025-06-00T12:34:56Z", "2025-06-31T12:34:56Z", "2025-02-29T12:34:56Z", "1900-02-29T12:34:56Z",
            "2025-06-07T24:00:00Z", "2025-06-07T12:60:00Z", "2025-06-07T12:34:61Z", "2025-06-07T12:34:60Z",
            "2025-06-07T23:59:60Z", "2016-11-30T23:59:60Z", "2016-12-31T23:59:60+01:00", "+2025-06-07T12:34:56Z",
            "2025/06/07T12:34:56Z", "2025-06-07T12-34-56Z", "202５-06-07T12:34:56Z", "2025-06-07T12:34:5aZ",
            "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2025-06-07T12:34:56.5",
            "2025-06-07T12:34:56.5+0200",
        ]
    )
    func refuses(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("a description reads back as the same instant, and as Foundation's")
    func description() throws {
        let seed: UInt64 = 20_250_607
        var random = SeededGenerator(seed: seed)
        let formatter = ISO8601DateFormatter()
        for _ in 0..<2_000 {
            let instant = Timestamp(
                microseconds: .random(in: -62_167_219_200_000_000..<253_402_300_800_000_000, using: &random)
            )
            #expect(Timestamp(instant.description) == instant, "seed \(seed)")
            // Foundation's calendar is the Julian one before 1582.
            guard instant.microseconds > -12_000_000_000_000_000 else { continue }
            let whole = Timestamp(
                microseconds: instant.microseconds - (instant.microseconds % 1_000_000 + 1_000_000) % 1_000_000
            )
            let date = try #require(formatter.date(from: whole.description))
            #expect(Int64(date.timeIntervalSince1970) == whole.microseconds / 1_000_000, "seed \(seed)")
        }
    }

    @Test("a fraction is written without zeros at its end, and not at all when it is zero")
    func fraction() {
        #expect(Timestamp(microseconds: 1_500_000).description == "1970-01-01T00:00:01.5Z")
        #expect(Timestamp(microseconds: 1).description == "1970-01-01T00:00:00.000001Z")
        #expect(Timestamp(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: 86_400_000_000).description == "1970-01-02T00:00:00Z")
    }

    @Test("any number of microseconds has a description")
    func extremes() {
        #expect(Timestamp(microseconds: .max).description == "294247-01-10T04:00:54.775807Z")
        #expect(Timestamp(microseconds: .min).description == "-290308-12-21T19:59:05.224192Z")
    }
}
