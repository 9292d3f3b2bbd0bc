import Synchronization

/// A token bucket that any thread takes from, in one atomic word: the moment at which it is full again
/// (the virtual scheduling algorithm of ITU-T I.371, also called GCRA).
///
/// Units that cost more than the bucket holds are given out when it is full, and it then owes the rest: a batch larger
/// than the limit passes now and then, instead of never.
final class RateBucket: Sendable {
    /// Nanoseconds of filling that a unit costs.
    private let cost: Double
    /// Nanoseconds that filling the empty bucket takes.
    private let capacity: Int64
    /// Nanoseconds since the clock's begin; in the past when the bucket is full.
    private let full: Atomic<Int64>
    /// The longest that a bucket may owe, in nanoseconds: a day. Nobody has to wait longer than that.
    private static let longestDebt: Int64 = 86_400_000_000_000

    /// A full bucket of `rate` units a second that holds what comes in `burst` seconds; both greater than 0.
    init(rate: Double, burst: Double) {
        precondition(rate > 0 && burst > 0, "a rate limit is greater than 0")
        cost = 1e9 / rate
        capacity = Int64(min(burst * 1e9, Double(Self.longestDebt)))
        full = Atomic(.min)
    }

    /// Takes units at the moment `now`, in nanoseconds; gives the nanoseconds to wait when there are too few.
    func take(_ count: Int, now: Int64) -> Int64? {
        let price = Int64(min(cost * Double(count), Double(Self.longestDebt)))
        var seen = full.load(ordering: .relaxed)
        while true {
            let start = max(seen, now)
            // What may stand against the bucket before it gives the units: nothing when they are more than it holds.
            let wait = start - now - max(0, capacity - price)
            if wait > 0 { return wait }
            let (isTaken, found) = full.compareExchange(expected: seen, desired: start + price, ordering: .relaxed)
            if isTaken { return nil }
            seen = found
        }
    }

    /// The nanoseconds until there is a unit; nil when there is one now. Takes nothing.
    func wait(now: Int64) -> Int64? {
        let price = Int64(min(cost, Double(Self.longestDebt)))
        let wait = max(full.load(ordering: .relaxed), now) - now - max(0, capacity - price)
        return wait > 0 ? wait : nil
    }
}
