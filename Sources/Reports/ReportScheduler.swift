import CloudEvents
public import Logging
import Metering
import ReportDefinitions

/// Runs each report at its times, for as long as its task lives.
///
/// Every report has a task of its own while it runs, so a destination that does not answer holds up no other report. A
/// run that fails for a reason that may pass is tried again after growing pauses; one that was missed while the process
/// was down is made up for at the start.
public final class ReportScheduler: Sendable {
    private let runner: ReportRunner
    private let clock: ReportClock
    private let random: @Sendable () -> Double
    private let logger: Logger
    private let events: AsyncStream<Event>
    private let input: AsyncStream<Event>.Continuation

    private enum Event: Sendable {
        case reportsReplaced
        /// A timer ended; the moment it was set for.
        case timePassed(Timestamp)
        case finished(String, ReportTimetable.Outcome)
        /// A run that somebody asked for failed for a reason that may pass.
        case failedOnRequest(String)
    }

    /// The longest the scheduler sleeps at a time, in seconds, so that a clock that is set is soon followed.
    static let longestSleep: Double = 60

    /// Makes a scheduler. `random` gives numbers from 0 to 1.
    public init(
        runner: ReportRunner,
        clock: ReportClock = .system,
        logger: Logger,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.runner = runner
        self.clock = clock
        self.logger = logger
        self.random = random
        (events, input) = AsyncStream.makeStream(of: Event.self)
    }

    /// Says that the runner has other reports now.
    public func reportsReplaced() {
        input.yield(.reportsReplaced)
    }

    /// Says that a run that somebody asked for failed for a reason that may pass.
    public func failedOnRequest(_ report: String) {
        input.yield(.failedOnRequest(report))
    }

    /// Runs reports until the task is cancelled, and then until those that run have stopped. To be called once.
    public func run() async {
        var timetable = ReportTimetable()
        await adopt(&timetable)
        await withDiscardingTaskGroup { group in
            var timer: Timestamp?
            wake(&timetable, &timer, in: &group)
            for await event in events {
                switch event {
                case .reportsReplaced:
                    await adopt(&timetable)
                case .timePassed(let end):
                    // One that an earlier timer took the place of has no successor.
                    if timer == end { timer = nil }
                case .finished(let name, let outcome):
                    timetable.finished(name, outcome, at: clock.now(), jitter: random())
                case .failedOnRequest(let name):
                    timetable.failedOnRequest(name, at: clock.now(), jitter: random())
                }
                wake(&timetable, &timer, in: &group)
            }
            group.cancelAll()
        }
    }

    /// Starts what is due and sees to it that there is an event when the next one is.
    private func wake(
        _ timetable: inout ReportTimetable,
        _ timer: inout Timestamp?,
        in group: inout DiscardingTaskGroup
    ) {
        let now = clock.now()
        for name in timetable.start(at: now) {
            group.addTask { [self] in
                input.yield(.finished(name, await runReport(name)))
            }
        }
        guard let due = timetable.nextDue else { return }
        let latest = Timestamp(microseconds: now.microseconds + Int64(Self.longestSleep * 1_000_000))
        let end = min(due, latest)
        // A timer that ends later than this one stays; it wakes the loop once for nothing.
        if let timer, timer <= end { return }
        timer = end
        group.addTask { [self] in
            let seconds = Double(max(end.microseconds - now.microseconds, 0)) / 1_000_000
            guard (try? await clock.sleep(seconds)) != nil else { return }
            input.yield(.timePassed(end))
        }
    }

    private func runReport(_ name: String) async -> ReportTimetable.Outcome {
        do throws(ReportError) {
            _ = try await runner.run(ReportRunRequest(report: name, days: nil, dryRun: false))
            return .succeeded
        } catch {
            // The runner has logged it.
            return error.isPassing ? .passingFault : .refused
        }
    }

    /// Reads the runner's reports and up to when the schedule of each is satisfied.
    private func adopt(_ timetable: inout ReportTimetable) async {
        let reports = await runner.reports
        var satisfied: [String: Timestamp] = [:]
        var interrupted: Set<String> = []
        for report in reports {
            do throws(DeliveryRecordsError) {
                let state = try await runner.runState(report: report.name)
                satisfied[report.name] = state.satisfiedAt
                if state.isInterrupted { interrupted.insert(report.name) }
            } catch {
                // The process is stopping: nothing is wrong with the record.
                if Task.isCancelled { return }
                logger.error(
                    "report's last run not known",
                    metadata: ["report": "\(report.name)", "error": "\(error)"]
                )
                satisfied[report.name] = clock.now()
            }
        }
        timetable.replace(reports: reports, satisfied: satisfied, interrupted: interrupted, at: clock.now())
    }
}
