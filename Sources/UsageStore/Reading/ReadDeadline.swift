/// When a read has to be done. Looking at the clock costs more than reading a row, so it is looked at now and then.
struct ReadDeadline: Sendable {
    /// Rows between two looks at the clock: about a millisecond of reading.
    private static let rowsALook = 4096

    private let deadline: ContinuousClock.Instant?
    private let now: @Sendable () -> ContinuousClock.Instant
    private var rows = 0

    init(_ deadline: ContinuousClock.Instant?, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.deadline = deadline
        self.now = now
    }

    /// Takes note of a row.
    /// - Throws: `UsageReadError.tooLong`.
    @inline(__always)
    mutating func pass() throws(UsageReadError) {
        rows += 1
        if rows >= Self.rowsALook { try check() }
    }

    /// Looks at the clock.
    mutating func check() throws(UsageReadError) {
        rows = 0
        if let deadline, now() > deadline { throw .tooLong }
    }
}
