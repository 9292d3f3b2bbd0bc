import GRDB

extension UsageStore {
    /// The ledger as of the last checkpoint.
    func ledger() throws(UsageStoreError) -> [LedgerKey: LedgerCounts] {
        try perform("read ledger") {
            try pool.read { database in
                let sql = """
                    SELECT origin, day, stored, rejected, counted, duplicate, conflict, unmatched, invalid FROM ledger
                    """
                var ledger: [LedgerKey: LedgerCounts] = [:]
                for row in try Row.fetchAll(database, sql: sql) {
                    var counts = LedgerCounts()
                    counts.stored = row[2]
                    counts.rejected = row[3]
                    counts.counted = row[4]
                    counts.duplicate = row[5]
                    counts.conflict = row[6]
                    counts.unmatched = row[7]
                    counts.invalid = row[8]
                    ledger[LedgerKey(origin: row[0], day: row[1])] = counts
                }
                return ledger
            }
        }
    }

    /// A meter's ledger as of the last checkpoint, by day of arrival.
    func meterLedger(of meter: Int32) throws(UsageStoreError) -> [Int32: MeterLedgerCounts] {
        try perform("read meter ledger") {
            try pool.read { database in
                let sql = "SELECT day, counted, invalid FROM meter_ledger WHERE meter = ?"
                var ledger: [Int32: MeterLedgerCounts] = [:]
                for row in try Row.fetchAll(database, sql: sql, arguments: [meter]) {
                    var counts = MeterLedgerCounts()
                    counts.counted = row[1]
                    counts.invalid = row[2]
                    ledger[row[0]] = counts
                }
                return ledger
            }
        }
    }

    /// Invalid events as of the last checkpoint, in order.
    func invalidEvents() throws(UsageStoreError) -> [InvalidEvent] {
        try perform("read invalid events") {
            try pool.read { database in
                try Row.fetchAll(
                    database,
                    sql: "SELECT sequence, meter, reason FROM invalid_event ORDER BY sequence, meter"
                ).map { row in
                    let sequence: Int64 = row[0]
                    return InvalidEvent(sequence: UInt64(bitPattern: sequence), meter: row[1], reason: row[2])
                }
            }
        }
    }
}

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

    /// The ledger with everything applied so far. The caller holds the totals, so no checkpoint falls in between.
    public func currentLedger() throws(UsageStoreError) -> [LedgerKey: LedgerCounts] {
        try store.ledger().merging(ledger) { stored, new in
            var sum = stored
            sum.add(new)
            return sum
        }
    }

    /// A meter's ledger with everything applied so far, by day of arrival (whole UTC days since 1970-01-01).
    public func currentLedger(of meter: StoredMeter) throws(UsageStoreError) -> [Int32: MeterLedgerCounts] {
        var counts = try store.meterLedger(of: meter.number)
        for (key, new) in meterLedger where key.meter == meter.number {
            counts[key.day, default: MeterLedgerCounts()].add(new)
        }
        return counts
    }

    /// Every event that is listed as invalid.
    public func currentInvalidEvents() throws(UsageStoreError) -> [InvalidEvent] {
        try store.invalidEvents() + invalidEvents
    }
}
