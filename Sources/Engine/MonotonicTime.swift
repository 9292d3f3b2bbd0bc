import Glibc

/// A clock that only goes forward.
enum MonotonicTime {
    /// Nanoseconds since some moment of this boot.
    @inline(__always)
    static var nanoseconds: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
