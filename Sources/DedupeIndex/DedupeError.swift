internal import CPlatform

/// Why the index stopped. Every case but ``invalidWindow(days:)`` is about its files; after one of them was thrown the
/// index refuses all further work with the same error, since what it holds in memory may no longer be on disk.
public enum DedupeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call failed on a file or directory; `number` is the errno.
    case system(call: String, path: String, number: Int32)
    /// A run named by the checkpoint is not there.
    case missingRun(path: String)
    /// A run's bytes are not what was written. `offset` is where in the file, in bytes.
    case damagedRun(path: String, offset: UInt64, reason: String)
    /// A run was written by a later version of meterd.
    case unknownVersion(path: String, found: UInt32)
    /// A run belongs to another store.
    case foreignRun(path: String, found: UInt64, expected: UInt64)
    /// The checkpoint names something that cannot be a run.
    case invalidRunName(String)
    /// The window is outside what the index allows, in days.
    case invalidWindow(days: Int)

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .system(let call, let path, let number):
            "dedupe index: \(call) of \(path) failed: \(errnoMeaning(number)) (errno \(number)). Check the disk, its "
                + "free space and its permissions, then start again: what was acknowledged is in the log"
        case .missingRun(let path):
            "dedupe index: the run \(path), named by the checkpoint, is missing. " + Self.restore
        case .damagedRun(let path, let offset, let reason):
            "dedupe index: the run \(path) is damaged at byte \(offset): \(reason). " + Self.restore
        case .unknownVersion(let path, let found):
            "dedupe index: the run \(path) has format version \(found), this meterd reads version "
                + "\(RunHeader.version). Start the meterd that wrote it, or a later one"
        case .foreignRun(let path, let found, let expected):
            "dedupe index: the run \(path) belongs to store \(hexadecimal(found)), this is store "
                + "\(hexadecimal(expected)). Files of two stores were mixed. " + Self.restore
        case .invalidRunName(let name):
            "dedupe index: the checkpoint names the run \"\(name)\", which is no run's name; the checkpoint is "
                + "damaged. " + Self.restore
        case .invalidWindow(let days):
            "dedupe index: a window of \(days) days is not allowed; allowed are "
                + "\(DedupeOptions.windowDays.lowerBound) to \(DedupeOptions.windowDays.upperBound) days"
        }
    }

    private static let restore =
        "Restore the whole storage directory from a backup (runs and checkpoint of the same moment), or remove the "
        + "checkpoint so that the log is replayed from its first segment; keys older than the log are then forgotten"
}

private func errnoMeaning(_ number: Int32) -> String {
    String(cString: meterd_errno_meaning(number))
}

private func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
