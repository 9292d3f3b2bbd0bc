import CloudEvents
import Metering
import ReportDefinitions
import Testing

@Suite("Schedules")
struct ScheduleTests {
    @Test(
        "every so many seconds is aligned to 1970 and comes after the moment",
        arguments: [
            (3600, 0, 3600), (3600, 1, 3600), (3600, 3599, 3600), (3600, 3600, 7200), (900, -1, 0), (900, -900, 0),
            (7, 6, 7),
        ]
    )
    func every(seconds: Int, after: Int64, expected: Int64) throws {
        let zone = try #require(Zone("Asia/Kathmandu"))
        let next = Schedule.every(seconds: seconds).next(after: Timestamp(microseconds: after * 1_000_000), in: zone)
        #expect(next == Timestamp(microseconds: expected * 1_000_000))
    }

    @Test("a cron schedule follows the clocks of the zone")
    func cron() throws {
        let zone = try #require(Zone("Asia/Kathmandu"))
        let schedule = Schedule.cron(try CronExpression("15 1 * * *"))
        let next = schedule.next(after: try #require(Timestamp("2025-06-07T00:00:00Z")), in: zone)
        #expect(next == Timestamp("2025-06-07T19:30:00Z"))
    }

    @Test("the end of time has nothing after it")
    func end() throws {
        let zone = try #require(Zone("UTC"))
        #expect(Schedule.every(seconds: 60).next(after: Timestamp(microseconds: .max), in: zone) == nil)
    }
}
