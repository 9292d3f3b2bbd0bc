import CloudEvents
import Foundation
import Metering
import Testing

@Suite("Windows of time")
struct TimeWindowTests {
    static func time(_ text: String) throws -> Timestamp {
        let date = try #require(ISO8601DateFormatter().date(from: text), "\(text)")
        return Timestamp(microseconds: Int64(date.timeIntervalSince1970) * 1_000_000)
    }

    /// Zone, size, a moment, and its window.
    static let windows: [(String, WindowSize, String, String, String)] = [
        ("UTC", .minute, "2025-06-07T10:15:30Z", "2025-06-07T10:15:00Z", "2025-06-07T10:16:00Z"),
        ("UTC", .hour, "2025-12-31T23:59:59Z", "2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z"),
        ("UTC", .day, "2024-02-29T12:00:00Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("UTC", .month, "2024-02-10T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("UTC", .month, "2025-12-31T23:59:59Z", "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("UTC", .day, "1969-12-31T23:59:59Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"),
        // 23 and 25 hours.
        ("America/Los_Angeles", .day, "2023-03-12T12:00:00Z", "2023-03-12T08:00:00Z", "2023-03-13T07:00:00Z"),
        ("America/Los_Angeles", .day, "2023-11-05T12:00:00Z", "2023-11-05T07:00:00Z", "2023-11-06T08:00:00Z"),
        ("America/Los_Angeles", .month, "2023-03-31T12:00:00Z", "2023-03-01T08:00:00Z", "2023-04-01T07:00:00Z"),
        // The hour that comes twice is two windows.
        ("America/Los_Angeles", .hour, "2023-11-05T08:30:00Z", "2023-11-05T08:00:00Z", "2023-11-05T09:00:00Z"),
        ("America/Los_Angeles", .hour, "2023-11-05T09:30:00Z", "2023-11-05T09:00:00Z", "2023-11-05T10:00:00Z"),
        // Midnight that is skipped, and a day whose last hour comes twice.
        ("America/Sao_Paulo", .day, "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"),
        ("America/Sao_Paulo", .day, "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"),
        ("Asia/Beirut", .day, "2024-03-31T12:00:00Z", "2024-03-30T22:00:00Z", "2024-03-31T21:00:00Z"),
        // Zones off the whole hour: an hour begins at local :00.
        ("Asia/Kathmandu", .hour, "2025-06-07T10:00:00Z", "2025-06-07T09:15:00Z", "2025-06-07T10:15:00Z"),
        ("Asia/Kathmandu", .day, "2025-06-07T18:20:00Z", "2025-06-07T18:15:00Z", "2025-06-08T18:15:00Z"),
        ("Australia/Eucla", .hour, "2025-06-07T10:20:00Z", "2025-06-07T10:15:00Z", "2025-06-07T11:15:00Z"),
        ("Asia/Kolkata", .minute, "2025-06-07T10:20:59Z", "2025-06-07T10:20:00Z", "2025-06-07T10:21:00Z"),
        // Clocks that move by half an hour cut an hour in two.
        ("Australia/Lord_Howe", .day, "2025-04-06T00:00:00Z", "2025-04-05T13:00:00Z", "2025-04-06T13:30:00Z"),
        ("Australia/Lord_Howe", .hour, "2025-04-05T14:59:00Z", "2025-04-05T14:00:00Z", "2025-04-05T15:00:00Z"),
        ("Australia/Lord_Howe", .hour, "2025-04-05T15:10:00Z", "2025-04-05T15:00:00Z", "2025-04-05T15:30:00Z"),
        ("Australia/Lord_Howe", .hour, "2025-10-04T15:40:00Z", "2025-10-04T15:30:00Z", "2025-10-04T16:00:00Z"),
        ("Asia/Pyongyang", .hour, "2018-05-04T14:45:00Z", "2018-05-04T14:30:00Z", "2018-05-04T15:00:00Z"),
        ("Asia/Pyongyang", .hour, "2018-05-04T15:00:00Z", "2018-05-04T15:00:00Z", "2018-05-04T16:00:00Z"),
        // Clocks that move by a whole hour in the middle of one do not.
        ("Asia/Gaza", .hour, "2010-03-26T22:00:59Z", "2010-03-26T22:00:00Z", "2010-03-26T23:00:00Z"),
        ("Asia/Gaza", .hour, "2010-03-26T22:01:00Z", "2010-03-26T22:00:00Z", "2010-03-26T23:00:00Z"),
        // A zone of 45 minutes whose clocks move by an hour: local hours begin at :15, in both directions.
        ("Pacific/Chatham", .hour, "2025-04-05T13:50:00Z", "2025-04-05T13:15:00Z", "2025-04-05T14:15:00Z"),
        ("Pacific/Chatham", .hour, "2025-04-05T14:10:00Z", "2025-04-05T13:15:00Z", "2025-04-05T14:15:00Z"),
        ("Pacific/Chatham", .day, "2025-04-05T14:00:00Z", "2025-04-05T10:15:00Z", "2025-04-06T11:15:00Z"),
        ("Pacific/Chatham", .day, "2025-09-27T14:00:00Z", "2025-09-27T11:15:00Z", "2025-09-28T10:15:00Z"),
        ("Pacific/Chatham", .month, "2025-09-30T00:00:00Z", "2025-08-31T11:15:00Z", "2025-09-30T10:15:00Z"),
        ("Pacific/Chatham", .minute, "2025-09-27T14:00:30Z", "2025-09-27T14:00:00Z", "2025-09-27T14:01:00Z"),
        ("Australia/Lord_Howe", .minute, "2025-04-05T14:59:59Z", "2025-04-05T14:59:00Z", "2025-04-05T15:00:00Z"),
        ("Australia/Lord_Howe", .day, "2025-10-05T00:00:00Z", "2025-10-04T13:30:00Z", "2025-10-05T13:00:00Z"),
        ("Australia/Lord_Howe", .month, "2025-10-10T00:00:00Z", "2025-09-30T13:30:00Z", "2025-10-31T13:00:00Z"),
        // The clocks of Europe and of America, in both directions, by hours, days and months.
        ("Europe/Berlin", .hour, "2025-03-30T00:59:59Z", "2025-03-30T00:00:00Z", "2025-03-30T01:00:00Z"),
        ("Europe/Berlin", .day, "2025-03-30T12:00:00Z", "2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z"),
        ("Europe/Berlin", .day, "2025-10-26T00:30:00Z", "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z"),
        ("Europe/Berlin", .month, "2025-10-26T00:30:00Z", "2025-09-30T22:00:00Z", "2025-10-31T23:00:00Z"),
        ("America/New_York", .day, "2024-03-10T12:00:00Z", "2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z"),
        ("America/New_York", .day, "2024-11-03T12:00:00Z", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"),
        // The ends of years, and leap years: 2000 is one, 2024 is one, 2023 and 2100 are none.
        ("Asia/Kathmandu", .month, "2025-12-31T18:14:59Z", "2025-11-30T18:15:00Z", "2025-12-31T18:15:00Z"),
        ("Asia/Kathmandu", .month, "2025-12-31T18:15:00Z", "2025-12-31T18:15:00Z", "2026-01-31T18:15:00Z"),
        ("Asia/Kathmandu", .day, "2024-02-29T18:14:59Z", "2024-02-28T18:15:00Z", "2024-02-29T18:15:00Z"),
        ("Asia/Kathmandu", .day, "2024-02-29T18:15:00Z", "2024-02-29T18:15:00Z", "2024-03-01T18:15:00Z"),
        ("Pacific/Chatham", .day, "2025-12-31T10:14:59Z", "2025-12-30T10:15:00Z", "2025-12-31T10:15:00Z"),
        ("Pacific/Chatham", .month, "2025-12-31T10:15:00Z", "2025-12-31T10:15:00Z", "2026-01-31T10:15:00Z"),
        ("Pacific/Kiritimati", .day, "2025-12-31T10:00:00Z", "2025-12-31T10:00:00Z", "2026-01-01T10:00:00Z"),
        ("Etc/GMT+12", .month, "2026-01-01T11:59:59Z", "2025-12-01T12:00:00Z", "2026-01-01T12:00:00Z"),
        ("America/New_York", .month, "2025-01-01T04:59:59Z", "2024-12-01T05:00:00Z", "2025-01-01T05:00:00Z"),
        ("UTC", .month, "2000-02-29T23:59:59Z", "2000-02-01T00:00:00Z", "2000-03-01T00:00:00Z"),
        ("UTC", .month, "2023-02-28T23:59:59Z", "2023-02-01T00:00:00Z", "2023-03-01T00:00:00Z"),
        ("UTC", .day, "2100-02-28T23:59:59Z", "2100-02-28T00:00:00Z", "2100-03-01T00:00:00Z"),
        ("America/New_York", .day, "2024-02-29T05:00:00Z", "2024-02-29T05:00:00Z", "2024-03-01T05:00:00Z"),
        // The day that Samoa left out.
        ("Pacific/Apia", .day, "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", .day, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
        ("Pacific/Apia", .month, "2011-12-30T10:00:00Z", "2011-12-01T10:00:00Z", "2011-12-31T10:00:00Z"),
    ]

    @Test("a moment is in the window the calendar of its zone says", arguments: windows)
    func window(identifier: String, size: WindowSize, moment: String, start: String, end: String) throws {
        let zone = try #require(Zone(identifier))
        let window = size.window(containing: try Self.time(moment), in: zone)
        #expect(window.start == (try Self.time(start)))
        #expect(window.end == (try Self.time(end)))
    }

    static let zones = [
        "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Beirut", "Asia/Kathmandu",
        "Australia/Eucla",
        "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Tehran", "Atlantic/Azores", "Africa/Cairo",
        "America/Havana", "Asia/Gaza", "America/Nuuk", "Antarctica/Troll", "Pacific/Chatham",
    ]

    @Test("windows follow each other without gaps and are never empty", arguments: zones)
    func partition(identifier: String) throws {
        let zone = try #require(Zone(identifier))
        for (size, from, to) in [
            (.month, "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z"),
            (.day, "2005-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            (.hour, "2011-01-01T00:00:00Z", "2012-06-01T00:00:00Z"),
            (.minute, "2025-03-29T00:00:00Z", "2025-04-07T00:00:00Z"),
            (.minute, "2025-09-27T00:00:00Z", "2025-10-06T00:00:00Z"),
            (.hour, "2023-12-31T00:00:00Z", "2025-01-02T00:00:00Z"),
        ] as [(WindowSize, String, String)] {
            var window = size.window(containing: try Self.time(from), in: zone)
            let end = try Self.time(to)
            while window.end < end {
                let next = size.window(containing: window.end, in: zone)
                let last = size.window(containing: Timestamp(microseconds: window.end.microseconds - 1), in: zone)
                guard next.start == window.end, next.end > next.start, last == window else {
                    Issue.record("\(identifier) \(size): \(window) is followed by \(next)")
                    return
                }
                window = next
            }
        }
    }

    @Test("days and months are those of Foundation's calendar", arguments: zones, [51] as [UInt64])
    func agreesWithCalendar(identifier: String, seed: UInt64) throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: identifier))
        let zone = try #require(Zone(identifier))
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let second = Int64.random(in: 0..<4_102_000_000, using: &random)
            let date = Date(timeIntervalSince1970: Double(second))
            for (size, component) in [(.day, .day), (.month, .month)] as [(WindowSize, Calendar.Component)] {
                let expected = try #require(calendar.dateInterval(of: component, for: date))
                let window = size.window(containing: Timestamp(microseconds: second * 1_000_000), in: zone)
                #expect(
                    window.start.microseconds == Int64(expected.start.timeIntervalSince1970) * 1_000_000
                        && window.end.microseconds == Int64(expected.end.timeIntervalSince1970) * 1_000_000,
                    "\(size) of \(date) in \(identifier), seed \(seed): \(window.start) to \(window.end), not \(expected)"
                )
            }
        }
    }
}
