/// Bounds how many servers run at a time. Tests start all at once, and with more than about 1300 descriptors open
/// Foundation's `Process` may read behind the list of them and crash (swift-corelibs-foundation issue 5472).
actor ServerTurns {
    static let shared = ServerTurns(limit: 24)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// More than the tests that run a server within another one's turn, which is one.
    init(limit: Int) {
        free = limit
    }

    /// Runs `body` when it is its turn.
    static func with(_ body: () async throws -> Void) async throws {
        await shared.take()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await shared.give()
        try result.get()
    }

    private func take() async {
        guard free == 0 else { return free -= 1 }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// The turn goes to who has waited longest.
    private func give() {
        guard !waiting.isEmpty else { return free += 1 }
        waiting.removeFirst().resume()
    }
}
