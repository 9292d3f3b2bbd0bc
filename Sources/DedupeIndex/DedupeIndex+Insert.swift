extension DedupeIndex {
    /// Inserts a batch of events with consecutive sequence numbers, one arrival day, and answers for each in order.
    ///
    /// This is the quick way in: it looks all keys up side by side. Keys that repeat within the batch are found as if
    /// they had been inserted one by one.
    ///
    /// - Parameters:
    ///   - firstSequence: Sequence number of the first key; the others follow.
    ///   - arrivalDay: The day the batch arrived, in days since 1970-01-01 UTC.
    ///   - results: One answer for each key; at least as long as `keys`.
    /// - Throws: ``DedupeError`` when the disk failed. The index then takes nothing more, and the answers are void.
    public func insert(
        _ keys: UnsafeBufferPointer<DedupeKey>,
        firstSequence: UInt64,
        arrivalDay: Int32,
        into results: UnsafeMutableBufferPointer<Arrival>
    ) throws(DedupeError) {
        precondition(results.count >= keys.count, "an answer for each key")
        guard let keys = Keys(keys, results) else { return }
        try insert(keys, firstSequence: firstSequence, arrivalDay: arrivalDay)
    }

    /// Inserts one event and says whether its key was seen within the window.
    ///
    /// - Parameters:
    ///   - sequence: Sequence number of the event, above those inserted before.
    ///   - arrivalDay: The day it arrived, in days since 1970-01-01 UTC.
    /// - Throws: ``DedupeError`` when the disk failed. The index then takes nothing more.
    public func insert(
        _ fingerprint: Fingerprint,
        contentHash: UInt64,
        sequence: UInt64,
        arrivalDay: Int32
    ) throws(DedupeError) -> Arrival {
        scratch.singleKey.initialize(to: DedupeKey(fingerprint: fingerprint, contentHash: contentHash))
        scratch.singleResult.initialize(to: .first)
        let one = Keys(keys: UnsafePointer(scratch.singleKey), results: scratch.singleResult, count: 1)
        try insert(one, firstSequence: sequence, arrivalDay: arrivalDay)
        return scratch.singleResult.pointee
    }

    /// Asks the processor to bring near what an insert of this key will look at. Of use before single inserts; a batch
    /// does it by itself.
    public func prefetch(_ fingerprint: Fingerprint) {
        for table in tables { table.prefetch(high: fingerprint.high) }
        for filter in filters where filter.blocks > 0 { filter.prefetch(high: fingerprint.high) }
    }

    /// Keys and where their answers go.
    private struct Keys {
        let keys: UnsafePointer<DedupeKey>
        let results: UnsafeMutablePointer<Arrival>
        let count: Int

        init(keys: UnsafePointer<DedupeKey>, results: UnsafeMutablePointer<Arrival>, count: Int) {
            self.keys = keys
            self.results = results
            self.count = count
        }

        init?(_ keys: UnsafeBufferPointer<DedupeKey>, _ results: UnsafeMutableBufferPointer<Arrival>) {
            guard !keys.isEmpty, let first = keys.baseAddress, let answers = results.baseAddress else { return nil }
            self.init(keys: first, results: answers, count: keys.count)
        }

        func chunk(from start: Int, count: Int) -> Keys {
            Keys(keys: keys + start, results: results + start, count: count)
        }
    }

    private func insert(_ keys: Keys, firstSequence: UInt64, arrivalDay: Int32) throws(DedupeError) {
        if let failure { throw failure }
        do throws(DedupeError) {
            advance(to: arrivalDay)
            let chunkKeys = min(InsertScratch.chunkKeys, options.generationKeys)
            var start = 0
            while start < keys.count {
                let chunk = keys.chunk(from: start, count: min(chunkKeys, keys.count - start))
                let table = try currentGeneration(withRoomFor: chunk.count)
                let missing = searchTables(chunk)
                try searchRuns(chunk, missing: missing)
                answer(chunk, table, firstSequence: firstSequence &+ UInt64(start))
                start += chunk.count
            }
        } catch {
            failure = error
            throw error
        }
    }

    private func currentGeneration(withRoomFor count: Int) throws(DedupeError) -> Generation {
        if generations[generations.count - 1].count + count > options.generationKeys { try rotate() }
        let current = generations[generations.count - 1]
        if let newestDay { current.open(day: newestDay) }
        return current
    }

    /// Looks the keys up among what is in no run yet; the number of `scratch.probes` left for the runs.
    private func searchTables(_ chunk: Keys) -> Int {
        let probes = scratch.probes
        let known = scratch.known
        var missing = 0
        tables.withUnsafeBufferPointer { tables in
            for index in 0..<min(InsertScratch.lookAhead, chunk.count) {
                for table in tables { table.prefetch(high: chunk.keys[index].fingerprint.high) }
            }
            for index in 0..<chunk.count {
                let ahead = chunk.keys[min(index &+ InsertScratch.lookAhead, chunk.count &- 1)].fingerprint.high
                for table in tables { table.prefetch(high: ahead) }
                let key = chunk.keys[index].fingerprint
                known[index].isKnown = false
                for table in tables {
                    guard case .found(let place) = table.find(high: key.high, low: key.low) else { continue }
                    let entry = table.entries[place]
                    known[index] = .init(sequence: entry.sequence, contentHash: entry.contentHash, isKnown: true)
                    break
                }
                if known[index].isKnown { continue }
                probes[missing] = .init(high: key.high, mask: FilterMask(low: key.low), index: index)
                missing += 1
            }
        }
        return missing
    }

    /// Asks each run's filter for all missing keys, and the run itself where the filter says perhaps.
    private func searchRuns(_ chunk: Keys, missing: Int) throws(DedupeError) {
        let probes = scratch.probes
        for run in filters.indices {
            let filter = filters[run]
            if filter.blocks == 0 { continue }
            for probe in 0..<missing {
                filter.prefetch(high: probes[min(probe &+ InsertScratch.lookAhead, missing &- 1)].high)
                if filter.mayHold(high: probes[probe].high, mask: probes[probe].mask) {
                    try search(runs[run], for: chunk, at: probes[probe].index)
                }
            }
        }
    }

    /// Looks for a key a filter let pass: first among what was written lately and is in memory still.
    @inline(never)
    private func search(_ run: Run, for chunk: Keys, at index: Int) throws(DedupeError) {
        if scratch.known[index].isKnown { return }
        let key = chunk.keys[index].fingerprint
        for table in writtenTables {
            guard case .found(let place) = table.find(high: key.high, low: key.low) else { continue }
            let entry = table.entries[place]
            scratch.known[index] = .init(sequence: entry.sequence, contentHash: entry.contentHash, isKnown: true)
            return
        }
        if let entry = try run.find(key, buffer: scratch.page, reads: &pageReads) {
            scratch.known[index] = .init(sequence: entry.sequence, contentHash: entry.contentHash, isKnown: true)
        } else {
            falsePositives += 1
        }
    }

    /// Answers in order, and enters the keys that are new: they can still repeat within the chunk.
    private func answer(_ chunk: Keys, _ generation: Generation, firstSequence: UInt64) {
        let known = scratch.known
        let table = generation.view
        for index in 0..<chunk.count {
            let key = chunk.keys[index]
            if known[index].isKnown {
                chunk.results[index] = Self.arrival(of: key, after: known[index].contentHash, known[index].sequence)
                continue
            }
            switch table.find(high: key.fingerprint.high, low: key.fingerprint.low) {
            case .found(let place):
                let entry = table.entries[place]
                chunk.results[index] = Self.arrival(of: key, after: entry.contentHash, entry.sequence)
            case .absent(let slot):
                let entry = Entry(
                    high: key.fingerprint.high,
                    low: key.fingerprint.low,
                    contentHash: key.contentHash,
                    sequence: firstSequence &+ UInt64(index)
                )
                generation.append(entry, slot: slot)
                chunk.results[index] = .first
            }
        }
    }

    @inline(__always)
    private static func arrival(of key: DedupeKey, after contentHash: UInt64, _ sequence: UInt64) -> Arrival {
        key.contentHash == contentHash ? .duplicate(of: sequence) : .conflict(with: sequence)
    }
}
