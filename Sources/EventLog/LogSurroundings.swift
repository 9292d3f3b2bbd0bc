internal import Glibc

/// What the log takes from outside: the disk, the clocks and chance. A test gives its own.
public struct LogSurroundings: Sendable {
    /// The system calls.
    public var disk: any LogDisk
    /// The wall clock, in microseconds since 1970-01-01T00:00:00Z; written into segment headers.
    public var wallClock: @Sendable () -> Int64
    /// A clock that never goes back, in seconds; used to time writes.
    public var monotonicClock: @Sendable () -> Double
    /// 64 random bits, for the store's identity and the segments' epochs.
    public var random: @Sendable () -> UInt64

    /// Makes surroundings; what is not given is the machine's own.
    public init(
        disk: any LogDisk = SystemDisk(),
        wallClock: @escaping @Sendable () -> Int64 = { LogSurroundings.wallMicroseconds() },
        monotonicClock: @escaping @Sendable () -> Double = { LogSurroundings.monotonicSeconds() },
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
        self.disk = disk
        self.wallClock = wallClock
        self.monotonicClock = monotonicClock
        self.random = random
    }

    /// The machine's wall clock, in microseconds since 1970-01-01T00:00:00Z.
    public static func wallMicroseconds() -> Int64 { nanoseconds(CLOCK_REALTIME) / 1_000 }

    /// The machine's clock that never goes back, in seconds.
    public static func monotonicSeconds() -> Double { Double(nanoseconds(CLOCK_MONOTONIC)) / 1e9 }

    private static func nanoseconds(_ clock: Int32) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
