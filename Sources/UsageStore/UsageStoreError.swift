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
    /// Another meter has the slug; `changed` is what the new one would count by otherwise.
    case slugTaken(slug: String, changed: [String], rests: Bool)
    /// A meter is not there any more, or is not being filled any more.
    case meterGone(number: Int32)
    /// Totals of events that the log has no more cannot be put under the new dimensions.
    case cannotRegroup(slug: String, reason: String)

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
        case .slugTaken(let slug, let changed, let rests):
            rests
                ? "a meter \"\(slug)\" rests, which the configuration named once and which counts by another "
                    + "\(changed.joined(separator: ", ")); delete it first, or choose another slug"
                : "there is a meter \"\(slug)\" already; choose another slug"
        case .meterGone(let number):
            "meter number \(number) was deleted meanwhile"
        case .cannotRegroup(let slug, let reason):
            "the dimensions of meter \"\(slug)\" cannot change: \(reason)"
        }
    }
}
