import CloudEvents
import Foundation
import ReportDefinitions

/// Waits for a run of a report, shows on a terminal how far it is, and ends the wait at a signal.
enum RunWatch {
    /// How often the run is asked how far it is.
    private static let askInterval: Duration = .milliseconds(250)
    /// How often signals are looked for and the bar is drawn.
    private static let lookInterval: Duration = .milliseconds(50)

    /// The wait was ended by a signal.
    struct Interrupted: Error {
        var signal: Int32
    }

    /// Waits for `work`. The first SIGINT or SIGTERM cancels it and is thrown once it has ended, unless it had succeeded
    /// by then; a second one ends the process.
    /// - Parameter progress: asked only on a terminal; nil: nothing to tell.
    static func wait<Value: Sendable>(
        progress: @escaping @Sendable () async -> ReportProgress?,
        for work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let work = Task(operation: work)
        let watcher = Task { await watch(progress: progress, cancel: { work.cancel() }) }
        let outcome = await work.result
        watcher.cancel()
        let signal = await watcher.value
        if case .failure = outcome, let signal { throw Interrupted(signal: signal) }
        return try outcome.get()
    }

    /// Until it is cancelled. The signal that came first; nil: none.
    private static func watch(
        progress: () async -> ReportProgress?,
        cancel: () -> Void
    ) async -> Int32? {
        let stop = StopRequest()
        var screen = RunScreen()
        // Asked at once, so that a short run is seen too.
        var asked = ContinuousClock.now - askInterval
        var isCancelled = false
        while !Task.isCancelled {
            if let signal = stop.signal {
                if !isCancelled {
                    cancel()
                    screen.isStopping = true
                }
                isCancelled = true
                if stop.count > 1 {
                    screen.erase()
                    exit(128 + signal)
                }
            }
            if screen.isShown, ContinuousClock.now - asked >= askInterval {
                let progress = await progress()
                asked = .now
                if !Task.isCancelled { screen.show(progress) }
            }
            // Cancelled: the work is done, and the loop ends.
            try? await Task.sleep(for: lookInterval)
        }
        screen.erase()
        return stop.signal
    }
}

/// The bar of a run.
struct RunScreen {
    private var display = ProgressDisplay()
    private var bar: ProgressBar
    /// Whether the end is waited for.
    var isStopping = false
    /// Which run is shown, and since when.
    private var run: (began: Timestamp, at: ContinuousClock.Instant)?

    /// Whether there is a terminal to show anything on.
    var isShown: Bool { display.isTerminal }

    init() {
        bar = ProgressBar(.days, total: nil, product: "row", hasBlocks: display.hasBlocks)
    }

    mutating func show(_ progress: ReportProgress?) {
        let now = ContinuousClock.now
        if let progress {
            if run?.began != progress.began {
                run = (progress.began, now)
                bar.begin(total: nil)
            }
            Self.update(&bar, progress, after: now - (run?.at ?? now))
        } else {
            bar.note = run == nil ? "waiting for its turn" : nil
        }
        if isStopping { bar.note = "stopping" }
        let bar = bar
        display.show(bar)
    }

    mutating func erase() { display.erase() }

    /// Brings a bar to where a run is.
    static func update(_ bar: inout ProgressBar, _ progress: ReportProgress, after time: Duration) {
        let total = progress.days > 0 ? progress.days : nil
        if bar.total != total { bar.begin(total: total) }
        bar.note = total == nil ? "looking for what has changed" : nil
        bar.place = progress.period.isEmpty ? nil : progress.period
        bar.advance(to: progress.daysDone, products: progress.rows, at: time)
    }
}
