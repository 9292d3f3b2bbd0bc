import Synchronization

/// Keeps the pages that are made or sent at a time below a limit.
final class PageTurns: Sendable {
    private let limit: Int
    private let taken = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// A page's turn, which ends when nothing holds it any more; throws 503 when there are too many.
    func take() throws(Problem) -> PageTurn {
        let mayTake = taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        guard mayTake else {
            throw Problem(
                status: 503,
                detail: "\(limit) pages of reports are being made or sent already; ask again later",
                headers: [("Retry-After", "1")]
            )
        }
        return PageTurn(self)
    }

    fileprivate func giveBack() {
        taken.withLock { $0 -= 1 }
    }
}

/// A page's turn. It goes with the answer, so it ends with it however that ends: sent, failed, or dropped for HEAD.
final class PageTurn: Sendable {
    private let turns: PageTurns

    fileprivate init(_ turns: PageTurns) {
        self.turns = turns
    }

    deinit { turns.giveBack() }
}
