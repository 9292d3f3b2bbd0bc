/// What can go wrong with the store of totals.
public enum UsageStoreError: Error, Sendable, CustomStringConvertible {
    /// SQLite refused an operation; nothing of the transaction is kept.
    case database(path: String, operation: String, message: String)
    /// The file was written by a newer meterd.
    case newerFormat(path: String, found: Int, known: Int)
    /// A row does not read back as what was written.
    case damaged(path: String, what: String)
    /// A meter that has counted events was given another definition.
    case meterRedefined(slug: String, changed: [String])

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .database(let path, let operation, let message):
            "\(path): \(operation) failed: \(message)"
        case .newerFormat(let path, let found, let known):
            "\(path): written in format \(found) by a newer meterd; this one knows up to \(known): run the newer meterd"
        case .damaged(let path, let what):
            "\(path): \(what); restore the directory from a backup, or move the file away to count again from the log"
        case .meterRedefined(let slug, let changed):
            "meter \"\(slug)\" has counted events, so its \(changed.joined(separator: ", ")) cannot change: "
                + "totals of two definitions must not be added up; give the new definition a slug of its own"
        }
    }
}
