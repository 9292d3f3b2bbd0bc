import GRDB

extension UsageStore {
    /// The newest frames with rejected messages as of the last checkpoint, newest first; as many as hold `limit` messages.
    public func rejectedFrames(origin: UInt8?, limit: Int) throws(UsageStoreError) -> [RejectedFrame] {
        try perform("read rejected frames") {
            try pool.read { database in
                let sql = """
                    SELECT sequence, count, origin FROM rejected_frame WHERE ?1 IS NULL OR origin = ?1
                    ORDER BY sequence DESC
                    """
                var frames: [RejectedFrame] = []
                var messages = 0
                let rows = try Row.fetchCursor(database, sql: sql, arguments: [origin])
                while messages < limit, let row = try rows.next() {
                    let sequence: Int64 = row[0]
                    frames.append(
                        RejectedFrame(sequence: UInt64(bitPattern: sequence), count: row[1], origin: row[2])
                    )
                    messages += row[1] as Int
                }
                return frames
            }
        }
    }
}

extension Totals {
    /// The newest frames with rejected messages since the last checkpoint, newest first; as many as hold `limit` messages.
    public func newestRejectedFrames(origin: UInt8?, limit: Int) -> [RejectedFrame] {
        var frames: [RejectedFrame] = []
        var messages = 0
        for frame in rejectedFrames.reversed() where origin == nil || frame.origin == origin {
            guard messages < limit else { break }
            frames.append(frame)
            messages += frame.count
        }
        return frames
    }
}
