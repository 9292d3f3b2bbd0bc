/// Ascending order of a stretch of entries, as places: distribution by the top bits, then insertion within the few that
/// share them. Evenly spread fingerprints make that a handful of steps an entry.
///
/// Owned by the builder's thread; its memory is kept for the next stretch.
final class EntryOrder {
    /// Entries that share their top bits up to which insertion is the quicker way.
    private static let insertionLimit = 32
    private static let bitLimit = 18

    private struct Item {
        var high: UInt64
        var place: Int
    }

    private var items: PageMemory?
    private let ends = PageMemory(byteCount: 4 << EntryOrder.bitLimit)

    /// Calls `body` with each entry of `entries[0..<count]` in ascending order.
    func forEach(
        of entries: UnsafePointer<Entry>,
        count: Int,
        _ body: (Entry) throws(DedupeError) -> Void
    ) throws(DedupeError) {
        let items = distribute(entries, count)
        for rank in 0..<count { try body(entries[items[rank].place]) }
    }

    private func distribute(_ entries: UnsafePointer<Entry>, _ count: Int) -> UnsafeMutablePointer<Item> {
        let bytes = count * MemoryLayout<Item>.stride
        let memory = items.flatMap { $0.byteCount >= bytes ? $0 : nil } ?? PageMemory(byteCount: bytes)
        items = memory
        let items = memory.base.assumingMemoryBound(to: Item.self)
        let ends = ends.base.assumingMemoryBound(to: UInt32.self)
        let bits = min(Self.bitLimit, max(1, Int.bitWidth - count.leadingZeroBitCount - 2))
        let buckets = 1 << bits
        let shift = UInt64(64 - bits)
        ends.update(repeating: 0, count: buckets)
        for place in 0..<count { ends[Int(truncatingIfNeeded: entries[place].high &>> shift)] &+= 1 }
        var sum: UInt32 = 0
        for bucket in 0..<buckets {
            let size = ends[bucket]
            ends[bucket] = sum
            sum &+= size
        }
        for place in 0..<count {
            let high = entries[place].high
            let bucket = Int(truncatingIfNeeded: high &>> shift)
            items[Int(ends[bucket])] = Item(high: high, place: place)
            ends[bucket] &+= 1
        }
        var start = 0
        for bucket in 0..<buckets {
            let end = Int(ends[bucket])
            Self.order(items + start, count: end - start, entries)
            start = end
        }
        return items
    }

    @inline(__always)
    private static func order(_ items: UnsafeMutablePointer<Item>, count: Int, _ entries: UnsafePointer<Entry>) {
        func isBefore(_ one: Item, _ other: Item) -> Bool {
            one.high != other.high ? one.high < other.high : entries[one.place].low < entries[other.place].low
        }
        if count > insertionLimit {
            var bucket = UnsafeMutableBufferPointer(start: items, count: count)
            bucket.sort(by: isBefore)
            return
        }
        var next = 1
        while next < count {
            let item = items[next]
            var gap = next
            while gap > 0, isBefore(item, items[gap - 1]) {
                items[gap] = items[gap - 1]
                gap -= 1
            }
            items[gap] = item
            next += 1
        }
    }
}
