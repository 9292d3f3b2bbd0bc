import GRDB

/// The tables of `usage.sqlite`; `docs/formats/usage-store.md` describes them for people.
///
/// A format that an older meterd could misread gets a new number in `PRAGMA user_version`.
enum Schema {
    /// The number of the newest format.
    static var version: Int { steps.count }

    /// Step n makes format n + 1 of format n, the first one out of nothing. A step that was released never changes.
    ///
    /// Times are microseconds since 1970-01-01T00:00:00Z, buckets seconds since then, days whole UTC days since then.
    static let steps = [
        """
        CREATE TABLE identity (
            name TEXT PRIMARY KEY, value BLOB NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE checkpoint (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            generation INTEGER NOT NULL, next_sequence INTEGER NOT NULL, dedupe_runs TEXT NOT NULL, at INTEGER NOT NULL
        );
        CREATE TABLE meter (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, slug TEXT NOT NULL UNIQUE, definition TEXT NOT NULL,
            bucket_seconds INTEGER NOT NULL, from_sequence INTEGER NOT NULL, active INTEGER NOT NULL,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
        );
        CREATE TABLE series (
            meter INTEGER NOT NULL, number INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (meter, number)
        ) WITHOUT ROWID;
        CREATE TABLE bucket (
            meter INTEGER NOT NULL, start INTEGER NOT NULL, last_sequence INTEGER NOT NULL, PRIMARY KEY (meter, start)
        ) WITHOUT ROWID;
        CREATE TABLE total (
            meter INTEGER NOT NULL, bucket INTEGER NOT NULL, series INTEGER NOT NULL,
            count INTEGER NOT NULL, value TEXT NOT NULL, time INTEGER NOT NULL, sequence INTEGER NOT NULL,
            PRIMARY KEY (meter, bucket, series)
        ) WITHOUT ROWID;
        CREATE TABLE unique_value (
            meter INTEGER NOT NULL, bucket INTEGER NOT NULL, series INTEGER NOT NULL, hash BLOB NOT NULL,
            PRIMARY KEY (meter, bucket, series, hash)
        ) WITHOUT ROWID;
        CREATE TABLE ledger (
            origin INTEGER NOT NULL, day INTEGER NOT NULL,
            stored INTEGER NOT NULL, rejected INTEGER NOT NULL, counted INTEGER NOT NULL, duplicate INTEGER NOT NULL,
            conflict INTEGER NOT NULL, unmatched INTEGER NOT NULL, invalid INTEGER NOT NULL,
            PRIMARY KEY (origin, day)
        ) WITHOUT ROWID;
        CREATE TABLE meter_ledger (
            meter INTEGER NOT NULL, day INTEGER NOT NULL, counted INTEGER NOT NULL, invalid INTEGER NOT NULL,
            PRIMARY KEY (meter, day)
        ) WITHOUT ROWID;
        CREATE TABLE invalid_event (
            sequence INTEGER NOT NULL, meter INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (sequence, meter)
        ) WITHOUT ROWID;
        CREATE TABLE conflict (
            sequence INTEGER PRIMARY KEY, first_sequence INTEGER NOT NULL
        );
        CREATE TABLE position (
            source TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
            PRIMARY KEY (source, partition)
        ) WITHOUT ROWID;
        """,
        """
        CREATE TABLE rejected_frame (
            sequence INTEGER PRIMARY KEY, count INTEGER NOT NULL, origin INTEGER NOT NULL
        );
        """,
        formatThree,
    ]

    /// Makes the tables of a new file, and adds to those of an older format what they lack; in the caller's transaction.
    static func prepare(_ database: Database, path: String) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if found > version { throw UsageStoreError.newerFormat(path: path, found: found, known: version) }
        guard found < version else { return }
        for step in steps[max(found, 0)...] { try database.execute(sql: step) }
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }
}
