extension DedupeIndex {
    /// The sequence number of the first event with this key, if its key is within the window; nothing is entered.
    ///
    /// The window is where the inserts so far have put it: no day passes by asking.
    ///
    /// - Throws: ``DedupeError`` when the disk failed. The index then takes nothing more.
    public func first(of fingerprint: Fingerprint) throws(DedupeError) -> UInt64? {
        if let failure { throw failure }
        for table in tables {
            if let sequence = Self.sequence(of: fingerprint, in: table) { return sequence }
        }
        let mask = FilterMask(low: fingerprint.low)
        for run in filters.indices
        where filters[run].blocks > 0 && filters[run].mayHold(high: fingerprint.high, mask: mask) {
            for table in writtenTables {
                if let sequence = Self.sequence(of: fingerprint, in: table) { return sequence }
            }
            do throws(DedupeError) {
                if let entry = try runs[run].find(fingerprint, buffer: scratch.page, reads: &pageReads) {
                    return entry.sequence
                }
            } catch {
                failure = error
                throw error
            }
            falsePositives += 1
        }
        return nil
    }

    private static func sequence(of key: Fingerprint, in table: GenerationView) -> UInt64? {
        guard case .found(let place) = table.find(high: key.high, low: key.low) else { return nil }
        return table.entries[place].sequence
    }
}
