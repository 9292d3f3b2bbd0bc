import Synchronization

/// A number that only grows, such as events taken since the process started.
///
/// An increment is one relaxed atomic addition: readers need the number, not an order between it and other memory.
public final class Counter: Sendable {
    private let total = Atomic<Int>(0)

    init() {}

    /// Adds `amount`, which is zero or more; wraps around after 2^63.
    public func increment(by amount: Int = 1) {
        total.wrappingAdd(amount, ordering: .relaxed)
    }

    /// What has been added so far.
    public var value: Int { total.load(ordering: .relaxed) }
}
