import CloudEvents
import Metering
import ReportDefinitions
import Testing

@Suite("Cron expressions")
struct CronExpressionTests {
    private static func next(_ text: String, after: String, in zone: String = "UTC") throws -> String? {
        let moment = try #require(Timestamp(after))
        let zone = try #require(Zone(zone))
        return try CronExpression(text).next(after: moment, in: zone)?.description
    }

    @Test(
        "the next time is the first one after the moment that all fields name",
        arguments: [
            ("15 1 * * *", "2025-06-07T01:14:59Z", "2025-06-07T01:15:00Z"),
            ("15 1 * * *", "2025-06-07T01:15:00Z", "2025-06-08T01:15:00Z"),
            ("*/15 * * * *", "2025-06-07T23:45:00Z", "2025-06-08T00:00:00Z"),
            ("0,30 8-18/5 * * *", "2025-06-07T08:30:00Z", "2025-06-07T13:00:00Z"),
            ("0 0 1 jan *", "2025-06-07T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("0 6 * * MON-fri", "2025-06-06T06:00:00Z", "2025-06-09T06:00:00Z"),
            ("0 0 29 2 *", "2025-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 29 feb *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("0 0 31 2,4,12 *", "2025-06-07T00:00:00Z", "2025-12-31T00:00:00Z"),
            ("0 0 * * *", "1969-12-30T12:00:00Z", "1969-12-31T00:00:00Z"),
            ("\t5  4 * * * ", "2025-06-07T00:00:00Z", "2025-06-07T04:05:00Z"),
        ]
    )
    func nextTime(text: String, after: String, expected: String) throws {
        #expect(try Self.next(text, after: after) == expected)
    }

    @Test("Sunday is 0, 7 and SUN, and ends a range", arguments: ["0", "7", "SUN", "sun-sun", "7-7"])
    func sunday(field: String) throws {
        #expect(try Self.next("0 0 * * \(field)", after: "2025-06-07T00:00:00Z") == "2025-06-08T00:00:00Z")
    }

    @Test("a week that ends on Sunday is Friday to Sunday", arguments: ["5-7", "fri-sun", "5,6,0"])
    func weekEnd(field: String) throws {
        let days = try Self.days("0 0 * * \(field)", after: "2025-06-01T00:00:00Z", count: 4)
        #expect(days == ["2025-06-06", "2025-06-07", "2025-06-08", "2025-06-13"])
    }

    @Test("a day that meets either day field will do when both are restricted")
    func eitherDay() throws {
        let days = try Self.days("0 0 13 * fri", after: "2025-06-01T00:00:00Z", count: 4)
        #expect(days == ["2025-06-06", "2025-06-13", "2025-06-20", "2025-06-27"])
        let july = try Self.days("0 0 13 * fri", after: "2025-07-11T00:00:00Z", count: 2)
        #expect(july == ["2025-07-13", "2025-07-18"])
    }

    @Test("a day has to meet both day fields when one begins with a star")
    func bothDays() throws {
        let days = try Self.days("0 0 */2 * mon", after: "2025-06-01T00:00:00Z", count: 2)
        #expect(days == ["2025-06-09", "2025-06-23"])
    }

    @Test(
        "a nickname is the five fields it stands for",
        arguments: [
            ("@hourly", "2025-06-07T01:00:00Z"), ("@daily", "2025-06-08T00:00:00Z"),
            ("@midnight", "2025-06-08T00:00:00Z"), ("@weekly", "2025-06-08T00:00:00Z"),
            ("@monthly", "2025-07-01T00:00:00Z"), ("@yearly", "2026-01-01T00:00:00Z"),
            ("@Annually", "2026-01-01T00:00:00Z"),
        ]
    )
    func nicknames(text: String, expected: String) throws {
        #expect(try Self.next(text, after: "2025-06-07T00:00:00Z") == expected)
    }

    @Test("a time that the clocks skip runs at the first instant after the gap, once")
    func skipped() throws {
        // 2025-03-30 02:00 +01:00 becomes 03:00 +02:00.
        let zone = "Europe/Berlin"
        #expect(try Self.next("30 2 * * *", after: "2025-03-30T00:00:00Z", in: zone) == "2025-03-30T01:00:00Z")
        #expect(try Self.next("30 2 * * *", after: "2025-03-30T01:00:00Z", in: zone) == "2025-03-31T00:30:00Z")
        #expect(try Self.next("*/20 2 * * *", after: "2025-03-30T01:00:00Z", in: zone) == "2025-03-31T00:00:00Z")
    }

    @Test("a time that the clocks show twice runs once, the first time")
    func repeated() throws {
        // 2025-10-26 03:00 +02:00 becomes 02:00 +01:00.
        let zone = "Europe/Berlin"
        #expect(try Self.next("30 2 * * *", after: "2025-10-25T22:00:00Z", in: zone) == "2025-10-26T00:30:00Z")
        #expect(try Self.next("30 2 * * *", after: "2025-10-26T00:30:00Z", in: zone) == "2025-10-27T01:30:00Z")
    }

    @Test("a midnight that the clocks skip runs at the day's first instant")
    func skippedMidnight() throws {
        // 2024-09-08 00:00 -04:00 becomes 01:00 -03:00 in Chile.
        #expect(
            try Self.next("0 0 * * *", after: "2024-09-08T03:59:59Z", in: "America/Santiago") == "2024-09-08T04:00:00Z"
        )
    }

    @Test("a day that the clocks skip runs at the first instant after it, once")
    func skippedDay() throws {
        // Samoa had no 2011-12-30: 29 December 24:00 -10:00 became 31 December 00:00 +14:00.
        let zone = "Pacific/Apia"
        #expect(try Self.next("15 1 * * *", after: "2011-12-29T12:00:00Z", in: zone) == "2011-12-30T10:00:00Z")
        #expect(try Self.next("15 1 * * *", after: "2011-12-30T10:00:00Z", in: zone) == "2011-12-30T11:15:00Z")
    }

    @Test(
        "a text that is not an expression is refused with the column of what is wrong",
        arguments: [
            ("", 1), ("* * * *", 8), ("* * * * * *", 11), ("60 * * * *", 1), ("0 24 * * *", 3), ("0 0 0 * *", 5),
            ("0 0 * 13 *", 7), ("0 0 * * 8", 9), ("0 0 * foo *", 7), ("5,, * * * *", 3), ("0 18-8 * * *", 3),
            ("*/0 * * * *", 3), ("*/60 * * * *", 3), ("5/10 * * * *", 2), ("1-2-3 * * * *", 4), ("*/2/2 * * * *", 4),
            ("-5 * * * *", 1), ("+5 * * * *", 1), ("** * * * *", 1), ("0 0 30 2 *", 5), ("0 0 31 4,6 *", 5),
            ("@reboot", 1), ("@daily 5", 8), ("٣ * * * *", 1), ("0 0 * jan-jan-feb *", 14), ("1234 * * * *", 1),
        ]
    )
    func refused(text: String, column: Int) throws {
        let error = try #require(throws: CronError.self) { try CronExpression(text) }
        #expect(error.column == column, "\(error)")
        #expect(!error.reason.isEmpty)
    }

    @Test("an expression longer than the limit is refused")
    func tooLong() {
        #expect(throws: CronError.self) {
            try CronExpression(String(repeating: "1,", count: 200) + "1 * * * *")
        }
    }

    private static func days(_ text: String, after: String, count: Int) throws -> [String] {
        var moment = try #require(Timestamp(after))
        let zone = try #require(Zone("UTC"))
        let expression = try CronExpression(text)
        return try (0..<count).map { _ in
            moment = try #require(expression.next(after: moment, in: zone))
            return LocalDay(containing: moment, in: zone).description
        }
    }
}
