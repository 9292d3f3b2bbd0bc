import CloudEvents
import Foundation
import Metering
import Testing

@Suite("LocalDay")
struct LocalDayTests {
    @Test(
        "a day is read and written",
        arguments: ["1970-01-01", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2025-06-07"]
    )
    func reads(text: String) throws {
        #expect(try #require(LocalDay(text)).description == text)
    }

    @Test(
        "what is no day is refused",
        arguments: [
            "", "2025-2-30", "2025-02-29", "1900-02-29", "2100-02-29", "2025-04-31", "2025-13-01", "2025-00-10",
            "2025-01-00",
            "2025-01-1", "2025/01/01", "20250101", "2025-01-01 ", "+025-01-01", "0000-01-01", "2025-01-0１",
            "2025-01-32",
        ]
    )
    func refuses(text: String) {
        #expect(LocalDay(text) == nil)
    }

    @Test("days follow each other as in Foundation's calendar, over every day of 800 years")
    func follows() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        var day = try #require(LocalDay("1600-01-01"))
        var date = Date(timeIntervalSince1970: Double(day.start(in: .utc).microseconds / 1_000_000))
        var step = 0
        while day.year < 2400 {
            if step % 37 == 0 {
                let parts = calendar.dateComponents([.year, .month, .day], from: date)
                #expect(day == LocalDay(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0))
            }
            #expect(day.next.previous == day)
            #expect(day < day.next)
            day = day.next
            date += 86_400
            step += 1
        }
        #expect(step == 292_194)
    }

    @Test("days are added over years and never beyond the ends of the calendar")
    func adding() throws {
        let day = try #require(LocalDay("2024-02-28"))
        #expect(day.adding(days: 2).description == "2024-03-01")
        #expect(day.adding(days: -59).description == "2023-12-31")
        #expect(day.adding(days: .max).next == day.adding(days: .max))
        #expect(day.adding(days: .min) < day)
    }

    @Test("months begin with their first day, over leap years and the end of the year")
    func months() throws {
        let leap = try #require(LocalDay("2024-02-29"))
        #expect(leap.startOfMonth.description == "2024-02-01")
        #expect(leap.startOfNextMonth.description == "2024-03-01")
        #expect(try #require(LocalDay("2025-12-31")).startOfNextMonth.description == "2026-01-01")
    }

    /// Zone, day, and the moment it starts.
    static let starts: [(String, String, String)] = [
        ("UTC", "2025-06-07", "2025-06-07T00:00:00Z"),
        ("America/Los_Angeles", "2023-03-12", "2023-03-12T08:00:00Z"),
        ("America/Los_Angeles", "2023-03-13", "2023-03-13T07:00:00Z"),
        ("America/Los_Angeles", "2023-11-06", "2023-11-06T08:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),  // 00:00 was 01:00
        ("America/Sao_Paulo", "2018-11-05", "2018-11-05T02:00:00Z"),
        ("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z"),  // 00:00 was 23:00 the day before
        ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00Z"),  // 00:00 was 01:00
        ("Asia/Beirut", "2024-10-27", "2024-10-26T22:00:00Z"),  // 00:00 was 23:00 the day before
        ("Atlantic/Azores", "2024-10-27", "2024-10-27T00:00:00Z"),  // 00:00 came twice
        ("Asia/Kathmandu", "2025-01-01", "2024-12-31T18:15:00Z"),
        ("Australia/Eucla", "2025-01-01", "2024-12-31T15:15:00Z"),
        ("Australia/Lord_Howe", "2025-01-01", "2024-12-31T13:00:00Z"),
        ("Australia/Lord_Howe", "2025-07-01", "2025-06-30T13:30:00Z"),
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),  // left out: it starts where the next one does
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ("Pacific/Kiritimati", "2025-01-01", "2024-12-31T10:00:00Z"),
        ("Etc/GMT+12", "2025-01-01", "2025-01-01T12:00:00Z"),
    ]

    @Test("a day starts at its local midnight, or when the clocks first show it", arguments: starts)
    func start(identifier: String, text: String, expected: String) throws {
        let zone = try #require(Zone(identifier))
        let day = try #require(LocalDay(text))
        let date = try #require(ISO8601DateFormatter().date(from: expected))
        #expect(day.start(in: zone).microseconds == Int64(date.timeIntervalSince1970) * 1_000_000)
    }

    @Test("a moment is in the day that has started and not ended, in every zone and around every change of clocks")
    func containing() throws {
        for identifier in TimeZone.knownTimeZoneIdentifiers {
            let zone = try #require(Zone(identifier))
            let foundation = try #require(TimeZone(identifier: identifier))
            var change = Date(timeIntervalSince1970: 0)
            while let next = foundation.nextDaylightSavingTimeTransition(after: change),
                next.timeIntervalSince1970 < 4_102_444_800
            {
                change = next
                for offset in [-86_400, -3601, -1, 0, 1, 3599, 7200, 86_400] {
                    let time = Timestamp(microseconds: (Int64(next.timeIntervalSince1970) + Int64(offset)) * 1_000_000)
                    let day = LocalDay(containing: time, in: zone)
                    if !(day.start(in: zone) <= time && time < day.next.start(in: zone)) {
                        Issue.record("\(identifier), \(time): \(day)")
                        return
                    }
                }
            }
        }
    }

    @Test("times at the ends of what an event can have are in a day")
    func farTimes() throws {
        for seconds in [-62_167_219_200, -62_167_305_600, 253_402_300_799] as [Int64] {
            for identifier in ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"] {
                let time = Timestamp(microseconds: seconds * 1_000_000)
                let zone = try #require(Zone(identifier))
                for size in WindowSize.allCases { #expect(size.window(containing: time, in: zone).contains(time)) }
            }
        }
    }
}
