internal import Synchronization

extension EventLog {
    /// Deletes the oldest segments whose events all arrived before a time and all have sequence numbers below a limit,
    /// with the torn copies and gap records that belong to them. The segment being written is never deleted.
    ///
    /// - Parameters:
    ///   - time: µs since 1970-01-01T00:00:00Z.
    ///   - sequence: for the engine, what its checkpoint covers.
    /// - Returns: how many segments were deleted.
    @discardableResult
    public func deleteSegments(olderThan time: Int64, below sequence: UInt64) throws(EventLogError) -> Int {
        try retention.withLock { _ throws(EventLogError) in
            var deleted = 0
            var segments = catalog.segments[...]
            while segments.count > 1, let first = segments.popFirst(), let next = segments.first {
                // All events of a segment arrived before the one after it was made.
                guard next <= sequence, try segmentHeader(next).createdAt <= time else { break }
                // Out of the catalog first: a reader that finds the file gone then knows why.
                catalog.dropFirst(first)
                try system { () throws(SystemError) in
                    try surroundings.disk.remove(directory + "/" + LogName.segmentFile(first))
                }
                deleted += 1
            }
            if deleted > 0 { try removeLeftovers(below: catalog.firstSequence) }
            return deleted
        }
    }

    private func removeLeftovers(below first: UInt64) throws(EventLogError) {
        let disk = surroundings.disk
        try system { () throws(SystemError) in
            for name in try disk.list(directory) {
                switch LogName(name) {
                case .torn(let segment, _) where segment < first: try disk.remove(directory + "/" + name)
                case .gap(_, let to) where to <= first: try disk.remove(directory + "/" + name)
                default: continue
                }
            }
            try disk.syncDirectory(directory)
        }
    }
}
