import GRDB
import Metering

/// The blocks of a stretch of the log at one moment: those in memory, and which state of the store has the others.
///
/// Everything that reads the store gives nil when a checkpoint fell in between; take another snapshot then.
public struct BlocksSnapshot: Sendable {
    let store: UsageStore
    let generation: UInt64
    let times: Range<Int64>?
    let sequences: Range<UInt64>
    /// Those in memory of the stretch, whatever their times.
    let changed: [EventBlock]
    let corrections: [CorrectionRow]
    let invalidEvents: [InvalidEvent]

    /// The blocks, ordered by their numbers.
    ///
    /// - Parameters:
    ///   - limit: the most blocks that may be loaded.
    ///   - wanted: whether a block with these sequence numbers and times is to be loaded; asked before its bitmaps are read, and
    ///     in no order.
    /// - Throws: `UsageReadError.tooManyEvents` when there are more than `limit` blocks; `UsageStoreError`.
    public func load(
        atMost limit: Int,
        wanted: (_ sequences: Range<UInt64>, _ times: ClosedRange<Int64>) -> Bool = { _, _ in true }
    ) throws -> [EventBlock]? {
        guard !sequences.isEmpty else { return [] }
        let first = EventBlock.number(of: sequences.lowerBound)
        let last = EventBlock.number(of: sequences.upperBound - 1)
        let inMemory = Set(changed.map(\.number))
        var blocks: [EventBlock] = []
        func take(_ block: EventBlock) throws(UsageReadError) {
            guard blocks.count < limit else {
                throw .tooManyEvents((blocks.count + 1) * Int(EventBlock.width))
            }
            blocks.append(block)
        }
        for block in changed where overlaps(block) {
            if wanted(block.sequences, block.minTime...block.maxTime) { try take(block) }
        }
        let loaded: Void? = try store.read("read event blocks", at: generation) { database in
            try BlockRow.fetch(
                first...last,
                times: times,
                database,
                path: store.path,
                wanted: { number, times in
                    !inMemory.contains(number) && wanted(EventBlock(number: number).sequences, times)
                },
                body: take
            )
        }
        return loaded.map { blocks.sorted { $0.number < $1.number } }
    }

    private func overlaps(_ block: EventBlock) -> Bool {
        guard block.minTime <= block.maxTime else { return false }
        return times.map { block.maxTime >= $0.lowerBound && block.minTime < $0.upperBound } ?? true
    }

    /// The last correction that was applied to each corrected event of some blocks, ordered by the events' sequence numbers.
    public func corrections(of blocks: [EventBlock]) throws -> [CorrectionRow]? {
        let corrected = blocks.filter(\.hasCorrected)
        var last: [UInt64: CorrectionRow] = [:]
        let read: Void? = try store.read("read corrections", at: generation) { database in
            for block in corrected {
                for row in try CorrectionTable.applied(ofEvents: block.sequences, database) {
                    last[row.eventSequence] = row
                }
            }
        }
        guard read != nil else { return nil }
        let numbers = Set(corrected.map(\.number))
        for row in corrections
        where row.refused == nil && numbers.contains(EventBlock.number(of: row.eventSequence)) {
            last[row.eventSequence] = row
        }
        return last.values.sorted { $0.eventSequence < $1.eventSequence }
    }

    /// The events of a stretch that a meter could not use for exactly this reason.
    public func refused(by meter: Int32, reason: String, sequences: Range<UInt64>) throws -> Set<UInt64>? {
        let stored: [Int64]? = try store.read("read invalid events", at: generation) { database in
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT sequence FROM invalid_event
                    WHERE sequence >= ? AND sequence < ? AND meter = ? AND reason = ?
                    """,
                arguments: [
                    Int64(bitPattern: sequences.lowerBound), Int64(bitPattern: sequences.upperBound), meter, reason,
                ]
            )
        }
        guard let stored else { return nil }
        var found = Set(stored.map(UInt64.init(bitPattern:)))
        for event in invalidEvents
        where event.meter == meter && sequences.contains(event.sequence) && event.reason == reason {
            found.insert(event.sequence)
        }
        return found
    }
}

extension Totals {
    /// Copies what memory has of the blocks of a stretch of the log.
    ///
    /// - Parameter times: only blocks that may have events of these times, microseconds since 1970-01-01T00:00:00Z; nil for
    ///   any.
    public func blocks(overlapping times: Range<Int64>?, sequences: Range<UInt64>) -> BlocksSnapshot {
        BlocksSnapshot(
            store: store,
            generation: generation,
            times: times,
            sequences: sequences,
            changed: blocks.changed.filter { $0.sequences.overlaps(sequences) },
            corrections: corrections.filter { sequences.contains($0.eventSequence) },
            invalidEvents: invalidEvents
        )
    }
}

extension UsageStore {
    /// Reads the store as it was after one checkpoint; nil when another one was made since.
    func read<R>(
        _ operation: String,
        at generation: UInt64,
        _ body: (Database) throws -> R
    ) throws -> R? {
        do {
            return try pool.read { database in
                guard try Checkpoint.generation(database) == generation else { return nil }
                return try body(database)
            }
        } catch let error as UsageReadError {
            throw error
        } catch let error as UsageStoreError {
            throw error
        } catch {
            throw UsageStoreError.database(path: path, operation: operation, message: "\(error)")
        }
    }
}
