extension Schema {
    /// What format 3 has beyond format 2: what became of each event, corrections, meters of the API, a ledger line for each
    /// source, percentiles and levels.
    ///
    /// Nothing is known about what became of the events that an older meterd applied; `explained from` says where knowledge
    /// begins. Buckets of that time have the first sequence number 0, so that they are never taken for buckets of which the log
    /// has every event. A meter that rests since then was active up to a moment nobody wrote down, but before the last
    /// checkpoint.
    static let formatThree = """
        CREATE TABLE meter_of_format_3 (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL, slug TEXT NOT NULL, definition TEXT NOT NULL,
            bucket_seconds INTEGER NOT NULL, from_sequence INTEGER NOT NULL, owner TEXT NOT NULL, state TEXT NOT NULL,
            active INTEGER NOT NULL, purged INTEGER NOT NULL, replaces INTEGER,
            refill_from INTEGER, refill_through INTEGER, refill_failure TEXT,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
        );
        INSERT INTO meter_of_format_3
            SELECT number, id, slug, definition, bucket_seconds, from_sequence, 'configuration', 'live', active, 0, NULL,
                NULL, NULL, NULL, created_at, updated_at
            FROM meter;
        CREATE TABLE meter_activity (
            meter INTEGER NOT NULL, from_sequence INTEGER NOT NULL, to_sequence INTEGER,
            PRIMARY KEY (meter, from_sequence)
        ) WITHOUT ROWID;
        INSERT INTO meter_activity
            SELECT number, from_sequence,
                CASE active WHEN 1 THEN NULL ELSE coalesce((SELECT next_sequence FROM checkpoint), from_sequence) END
            FROM meter;
        DROP TABLE meter;
        ALTER TABLE meter_of_format_3 RENAME TO meter;
        CREATE UNIQUE INDEX meter_slug ON meter (slug)
            WHERE state = 'live' OR (state = 'filling' AND replaces IS NULL);
        CREATE UNIQUE INDEX meter_id ON meter (id)
            WHERE state = 'live' OR (state = 'filling' AND replaces IS NULL);

        ALTER TABLE bucket ADD COLUMN first_sequence INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE bucket ADD COLUMN projected_below INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE sketch (
            meter INTEGER NOT NULL, bucket INTEGER NOT NULL, series INTEGER NOT NULL, cell INTEGER NOT NULL,
            count INTEGER NOT NULL, PRIMARY KEY (meter, bucket, series, cell)
        ) WITHOUT ROWID;
        CREATE TABLE level (
            meter INTEGER NOT NULL, series INTEGER NOT NULL, time INTEGER NOT NULL, sequence INTEGER NOT NULL,
            value TEXT NOT NULL, PRIMARY KEY (meter, series, time, sequence)
        ) WITHOUT ROWID;

        CREATE TABLE event_block (
            number INTEGER PRIMARY KEY, least_time INTEGER NOT NULL, greatest_time INTEGER NOT NULL,
            duplicate BLOB, uncounted BLOB, corrected BLOB
        );
        CREATE TABLE correction (
            sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, event_sequence INTEGER NOT NULL,
            source TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL, requested_by TEXT NOT NULL,
            meters TEXT NOT NULL, refused TEXT, replacement BLOB, time INTEGER NOT NULL, arrival INTEGER NOT NULL,
            origin INTEGER NOT NULL
        );
        CREATE INDEX correction_event ON correction (event_sequence, sequence);

        CREATE TABLE ledger_of_format_3 (
            origin INTEGER NOT NULL, day INTEGER NOT NULL, source TEXT NOT NULL,
            stored INTEGER NOT NULL, rejected INTEGER NOT NULL, counted INTEGER NOT NULL, duplicate INTEGER NOT NULL,
            conflict INTEGER NOT NULL, unmatched INTEGER NOT NULL, invalid INTEGER NOT NULL,
            voided INTEGER NOT NULL, amended INTEGER NOT NULL, PRIMARY KEY (origin, day, source)
        ) WITHOUT ROWID;
        INSERT INTO ledger_of_format_3
            SELECT origin, day, '', stored, rejected, counted, duplicate, conflict, unmatched, invalid, 0, 0 FROM ledger;
        DROP TABLE ledger;
        ALTER TABLE ledger_of_format_3 RENAME TO ledger;
        ALTER TABLE meter_ledger ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE meter_ledger ADD COLUMN restored INTEGER NOT NULL DEFAULT 0;

        INSERT INTO identity (name, value)
            SELECT '\(explainedFrom)', CAST(CAST(next_sequence AS TEXT) AS BLOB) FROM checkpoint;
        """

    /// The name in `identity` of the first sequence number about which the store knows what became of it, in decimal digits;
    /// it is not there where that is everything.
    static let explainedFrom = "explained from"
}
