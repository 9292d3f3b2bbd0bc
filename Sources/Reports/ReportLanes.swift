/// Lets one run of each report through at a time; the others wait in the order they came.
actor ReportLanes {
    private var running: Set<String> = []
    private var waiting: [String: [Waiter]] = [:]
    private var nextWaiter: UInt64 = 0

    private struct Waiter {
        var number: UInt64
        var turn: CheckedContinuation<Bool, Never>
    }

    /// Runs of one report that may wait.
    static let waitingLimit = 16

    /// Returns when the report's lane is free, and takes it.
    func enter(_ report: String) async throws(ReportError) {
        guard running.contains(report) else {
            running.insert(report)
            return
        }
        guard waiting[report, default: []].count < Self.waitingLimit else {
            throw .busy(report: report, waiting: Self.waitingLimit)
        }
        let number = nextWaiter
        nextWaiter += 1
        // A cancellation before the waiter stands in line is seen by the check; one after it finds the waiter, since
        // `abandon` cannot run on this actor in between.
        let entered = await withTaskCancellationHandler {
            await withCheckedContinuation { turn in
                if Task.isCancelled {
                    turn.resume(returning: false)
                } else {
                    waiting[report, default: []].append(Waiter(number: number, turn: turn))
                }
            }
        } onCancel: {
            Task { await self.abandon(report, number) }
        }
        guard entered else { throw .cancelled(report: report) }
    }

    /// Hands the lane to the next in line, or frees it.
    func leave(_ report: String) {
        if var line = waiting[report], !line.isEmpty {
            let next = line.removeFirst()
            waiting[report] = line.isEmpty ? nil : line
            next.turn.resume(returning: true)
        } else {
            running.remove(report)
        }
    }

    private func abandon(_ report: String, _ number: UInt64) {
        guard let index = waiting[report]?.firstIndex(where: { $0.number == number }),
            let waiter = waiting[report]?.remove(at: index)
        else { return }
        waiter.turn.resume(returning: false)
    }
}
