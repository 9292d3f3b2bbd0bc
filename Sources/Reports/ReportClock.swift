public import CloudEvents
import Foundation

/// The time, and waiting for it, as the reports see them; a test brings its own.
public struct ReportClock: Sendable {
    /// The time now.
    public var now: @Sendable () -> Timestamp
    /// Waits that many seconds; throws when the task is cancelled.
    public var sleep: @Sendable (_ seconds: Double) async throws -> Void

    /// Makes a clock.
    public init(
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    /// The machine's clock.
    public static let system = ReportClock(
        now: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) },
        sleep: { seconds in try await Task.sleep(for: .seconds(seconds)) }
    )
}
