import Glibc

/// The time, and how long it has been running.
public struct EngineClock: Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z; somebody may set it.
    public var wall: @Sendable () -> Int64
    /// Microseconds since some moment; nobody can set it, and it goes on while the machine sleeps.
    public var elapsed: @Sendable () -> Int64

    /// Makes a clock.
    public init(wall: @escaping @Sendable () -> Int64, elapsed: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.elapsed = elapsed
    }

    /// The machine's.
    public static let system = EngineClock(
        wall: { microseconds(CLOCK_REALTIME) },
        elapsed: { microseconds(CLOCK_BOOTTIME) }
    )

    private static func microseconds(_ clock: clockid_t) -> Int64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }
}

/// Gives events their arrival time, and refuses to when the clock was set far ahead.
///
/// The dedupe window follows arrival times and forgets whole days for good. A clock that is wrong by a month for a minute
/// would make every event of the month before count again when it is sent again. So a jump ahead of more than a day since
/// the start takes no events until the clock is back, or until a person has looked and started meterd again.
struct ArrivalClock: Sendable {
    /// How far ahead of the elapsed time the clock may get: more than any correction, less than a day of the window.
    static let tolerance: Int64 = 86_400_000_000

    private let clock: EngineClock
    private let ahead: Int64

    init(_ clock: EngineClock) {
        self.clock = clock
        ahead = clock.wall() - clock.elapsed()
    }

    /// Microseconds since 1970-01-01T00:00:00Z; nil when the clock cannot be believed.
    func arrival() -> Int64? {
        let wall = clock.wall()
        return wall - clock.elapsed() - ahead > Self.tolerance ? nil : wall
    }

    /// What to do about it.
    static let refusal =
        "the clock was set more than a day ahead while meterd ran, which would end the dedupe window early; "
        + "set it right, or restart meterd if it is right now"
}
