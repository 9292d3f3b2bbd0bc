import Synchronization

/// Bounds the memory that partly received bodies take, all connections together.
final class BodyBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    /// `limit` is in bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes bytes; false when there are not that many left.
    func take(_ count: Int) -> Bool {
        let now = used.add(count, ordering: .relaxed).newValue
        guard now > limit else { return true }
        used.subtract(count, ordering: .relaxed)
        return false
    }

    /// Gives bytes back.
    func give(_ count: Int) {
        used.subtract(count, ordering: .relaxed)
    }
}
