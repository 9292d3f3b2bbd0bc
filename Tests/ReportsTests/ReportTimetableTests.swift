import CloudEvents
import Metering
import ReportDefinitions
import Testing

@testable import Reports

@Suite("The reports' timetable")
struct ReportTimetableTests {
    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    private func report(_ name: String, _ schedule: Schedule) -> Report {
        Samples.csvReport(name: name, schedule: schedule)
    }

    private func hourly(satisfied: String) throws -> ReportTimetable {
        var timetable = ReportTimetable()
        timetable.replace(
            reports: [report("a", .every(seconds: 3600))],
            satisfied: ["a": try time(satisfied)],
            at: try time(satisfied)
        )
        return timetable
    }

    @Test("a report is due at its time, once, and not while it runs")
    func due() throws {
        var timetable = try hourly(satisfied: "2025-06-07T10:10:00Z")
        #expect(timetable.nextDue == (try time("2025-06-07T11:00:00Z")))
        #expect(timetable.start(at: try time("2025-06-07T10:59:59Z")).isEmpty)
        #expect(timetable.start(at: try time("2025-06-07T11:00:00Z")) == ["a"])
        #expect(timetable.nextDue == nil)
        // It runs so long that two of its times pass: they are one run.
        #expect(timetable.start(at: try time("2025-06-07T13:30:00Z")).isEmpty)
        timetable.finished("a", .succeeded, at: try time("2025-06-07T13:30:00Z"), jitter: 0)
        #expect(timetable.start(at: try time("2025-06-07T13:30:00Z")) == ["a"])
        timetable.finished("a", .succeeded, at: try time("2025-06-07T13:31:00Z"), jitter: 0)
        #expect(timetable.nextDue == (try time("2025-06-07T14:00:00Z")))
    }

    @Test("a run that was missed while the process was down is due at once")
    func missed() throws {
        var timetable = ReportTimetable()
        timetable.replace(
            reports: [report("a", .cron(try CronExpression("15 1 * * *")))],
            satisfied: ["a": try time("2025-06-07T00:00:00Z")],
            at: try time("2025-06-07T02:00:00Z")
        )
        #expect(timetable.start(at: try time("2025-06-07T02:00:00Z")) == ["a"])
        timetable.finished("a", .succeeded, at: try time("2025-06-07T02:01:00Z"), jitter: 0)
        #expect(timetable.nextDue == (try time("2025-06-08T01:15:00Z")))
    }

    @Test("a passing fault is tried again after pauses that double up to a limit")
    func pauses() throws {
        var timetable = try hourly(satisfied: "2025-06-07T10:00:00Z")
        var now = try time("2025-06-07T11:00:00Z")
        var pauses: [Double] = []
        for _ in 0..<10 {
            #expect(timetable.start(at: now) == ["a"])
            timetable.finished("a", .passingFault, at: now, jitter: 1)
            let next = try #require(timetable.nextDue)
            pauses.append(Double(next.microseconds - now.microseconds) / 1_000_000)
            now = next
        }
        #expect(pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600])
        _ = timetable.start(at: now)
        timetable.finished("a", .succeeded, at: now, jitter: 1)
        #expect(timetable.nextDue == (try time("2025-06-07T12:00:00Z")))
        _ = timetable.start(at: try time("2025-06-07T12:00:00Z"))
        timetable.finished("a", .passingFault, at: try time("2025-06-07T12:00:00Z"), jitter: 0)
        #expect(timetable.nextDue == (try time("2025-06-07T12:00:02.5Z")))
    }

    @Test("the schedule does not wait for a pause to end")
    func scheduleDuringPause() throws {
        var timetable = ReportTimetable()
        timetable.replace(
            reports: [report("a", .every(seconds: 10))],
            satisfied: ["a": try time("2025-06-07T10:00:00Z")],
            at: try time("2025-06-07T10:00:00Z")
        )
        var now = try time("2025-06-07T10:00:10Z")
        for _ in 0..<6 {
            _ = timetable.start(at: now)
            timetable.finished("a", .passingFault, at: now, jitter: 1)
            now = try #require(timetable.nextDue)
        }
        #expect(now <= (try time("2025-06-07T10:01:10Z")))
    }

    @Test("what will fail again waits for its time")
    func refused() throws {
        var timetable = try hourly(satisfied: "2025-06-07T10:00:00Z")
        let now = try time("2025-06-07T11:00:00Z")
        _ = timetable.start(at: now)
        timetable.finished("a", .refused, at: now, jitter: 1)
        #expect(timetable.nextDue == (try time("2025-06-07T12:00:00Z")))
    }

    @Test("other reports take the old ones' places; a running one is not started twice")
    func replaced() throws {
        var timetable = try hourly(satisfied: "2025-06-07T10:00:00Z")
        let now = try time("2025-06-07T11:00:00Z")
        #expect(timetable.start(at: now) == ["a"])
        timetable.replace(
            reports: [report("a", .every(seconds: 60)), report("b", .every(seconds: 60))],
            satisfied: ["a": try time("2025-06-07T10:00:00Z"), "b": now],
            at: now
        )
        #expect(timetable.start(at: now).isEmpty)
        timetable.finished("a", .succeeded, at: now, jitter: 0)
        timetable.replace(reports: [report("b", .every(seconds: 60))], satisfied: ["b": now], at: now)
        #expect(timetable.start(at: try time("2025-06-07T11:01:00Z")) == ["b"])
        timetable.finished("a", .succeeded, at: now, jitter: 0)
    }

    @Test("a clock that was ahead and was set back keeps no report waiting, before a restart and after one")
    func clockAhead() throws {
        var timetable = try hourly(satisfied: "2025-06-07T10:10:00Z")
        #expect(timetable.start(at: try time("2025-07-17T11:00:00Z")) == ["a"])
        timetable.finished("a", .passingFault, at: try time("2025-07-17T11:00:00Z"), jitter: 0)
        let now = try time("2025-06-07T11:30:00Z")
        #expect(timetable.start(at: now).isEmpty)
        #expect(try #require(timetable.nextDue) <= time("2025-06-07T12:00:00Z"))

        var restarted = ReportTimetable()
        restarted.replace(
            reports: [report("a", .every(seconds: 3600))],
            satisfied: ["a": try time("2025-07-17T11:00:00Z")],
            at: now
        )
        #expect(restarted.nextDue == (try time("2025-06-07T12:00:00Z")))
    }

    @Test("a report that was interrupted is due at the start, and one that failed on request soon after")
    func interrupted() throws {
        let now = try time("2025-06-07T10:10:00Z")
        var timetable = ReportTimetable()
        timetable.replace(
            reports: [report("a", .every(seconds: 3600)), report("b", .every(seconds: 3600))],
            satisfied: ["a": now, "b": now],
            interrupted: ["a"],
            at: now
        )
        #expect(timetable.start(at: now) == ["a"])
        timetable.finished("a", .succeeded, at: now, jitter: 0)
        timetable.failedOnRequest("b", at: now, jitter: 1)
        #expect(timetable.nextDue == (try time("2025-06-07T10:10:05Z")))
    }
}
