import EventLog
import Synchronization
import UsageStore

/// The next offset of every partition, as of what is applied. Reading it never waits for apply or a checkpoint.
final class StreamPositions: Sendable {
    private let offsets: Mutex<[PositionKey: Int64]>

    init(_ offsets: [PositionKey: Int64]) { self.offsets = Mutex(offsets) }

    var all: [PositionKey: Int64] { offsets.withLock { $0 } }

    func move(_ key: PositionKey, to nextOffset: Int64) { offsets.withLock { $0[key] = nextOffset } }
}
