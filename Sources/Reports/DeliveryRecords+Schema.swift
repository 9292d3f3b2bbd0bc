import GRDB

extension DeliveryRecords {
    /// Tables:
    /// - `period`: a report's day or billing month as it stands: from which inputs it was made, its latest revision.
    ///   Revision 0 was looked at and had nothing to deliver. No inputs: something is left to be done, so that it is
    ///   looked at again.
    /// - `object`: the file that was last put under a key.
    /// - `delivery` and `delivered_object`: every revision of every period and its files, never changed.
    /// - `day_delivery`: what a meter came to on a day, whenever that changed, numbered from 1 for each day and meter,
    ///   never changed; revision 0 has no file; the day is counted from 1970-01-01.
    /// - `run`: how the report's latest run went.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE period (
                        report TEXT NOT NULL, period TEXT NOT NULL, inputs TEXT NOT NULL, key TEXT NOT NULL,
                        content TEXT NOT NULL, revision INTEGER NOT NULL, total TEXT NOT NULL,
                        PRIMARY KEY (report, period)) WITHOUT ROWID, STRICT;
                    CREATE TABLE object (
                        report TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, etag TEXT,
                        PRIMARY KEY (report, key)) WITHOUT ROWID, STRICT;
                    CREATE TABLE delivery (
                        report TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL, key TEXT NOT NULL,
                        rows INTEGER NOT NULL, skipped_rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
                        sha256 TEXT NOT NULL, total TEXT NOT NULL, previous_total TEXT, delivered_at INTEGER NOT NULL,
                        PRIMARY KEY (report, period, revision)) WITHOUT ROWID, STRICT;
                    CREATE TABLE run (
                        report TEXT PRIMARY KEY NOT NULL, satisfied_at INTEGER NOT NULL, finished_at INTEGER,
                        succeeded_at INTEGER, outcome TEXT, message TEXT) WITHOUT ROWID, STRICT;
                    """
            )
        }
        // A delivery has several files. Of deliveries before, events were not written down; `period.events` is null until
        // the period is looked at again.
        migrator.registerMigration("2") { database in
            try database.execute(
                sql: """
                    CREATE TABLE delivered_object (
                        report TEXT NOT NULL, period TEXT NOT NULL, revision INTEGER NOT NULL, position INTEGER NOT NULL,
                        key TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
                        PRIMARY KEY (report, period, revision, position)) WITHOUT ROWID, STRICT;
                    INSERT INTO delivered_object
                        SELECT report, period, revision, 0, key, rows, bytes, sha256 FROM delivery;
                    ALTER TABLE delivery DROP COLUMN key;
                    ALTER TABLE delivery DROP COLUMN bytes;
                    ALTER TABLE delivery DROP COLUMN sha256;
                    ALTER TABLE delivery ADD COLUMN events INTEGER;
                    ALTER TABLE delivery ADD COLUMN events_since INTEGER;
                    ALTER TABLE period ADD COLUMN events INTEGER;
                    CREATE TABLE day_delivery (
                        report TEXT NOT NULL, day INTEGER NOT NULL, meter TEXT NOT NULL, number INTEGER NOT NULL,
                        revision INTEGER NOT NULL, rows INTEGER NOT NULL, total TEXT NOT NULL, previous_total TEXT,
                        events INTEGER NOT NULL, events_since INTEGER NOT NULL, key TEXT NOT NULL,
                        delivered_at INTEGER NOT NULL,
                        PRIMARY KEY (report, day, meter, number)) WITHOUT ROWID, STRICT;
                    CREATE INDEX day_delivery_by_day ON day_delivery (day, meter, report, number);
                    """
            )
        }
        return migrator
    }
}
