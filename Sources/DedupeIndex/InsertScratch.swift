/// Memory one chunk of inserts works in, allocated once.
///
/// A chunk is looked up stage by stage rather than key by key, so that the processor waits for many cache lines at
/// once: first the memory tables for all keys, then each filter for all keys not found, then the answers in order.
final class InsertScratch {
    /// Keys of one chunk.
    static let chunkKeys = 128
    /// Keys ahead of the one looked at whose cache lines are asked for.
    static let lookAhead = 20

    /// A key that is in no memory table.
    struct Probe {
        var high: UInt64
        var mask: FilterMask
        var index: Int
    }

    /// What was found of a key before this chunk.
    struct Known {
        var sequence: UInt64
        var contentHash: UInt64
        var isKnown: Bool
    }

    let probes = UnsafeMutablePointer<Probe>.allocate(capacity: InsertScratch.chunkKeys)
    let known = UnsafeMutablePointer<Known>.allocate(capacity: InsertScratch.chunkKeys)
    let singleKey = UnsafeMutablePointer<DedupeKey>.allocate(capacity: 1)
    let singleResult = UnsafeMutablePointer<Arrival>.allocate(capacity: 1)
    let page = UnsafeMutableRawBufferPointer.allocate(byteCount: RunLayout.pageBytes, alignment: 64)

    deinit {
        probes.deallocate()
        known.deallocate()
        singleKey.deallocate()
        singleResult.deallocate()
        page.deallocate()
    }
}
