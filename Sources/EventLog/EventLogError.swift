/// Why a frame was not taken, or is not known to be on disk.
public enum AppendError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The queue before the disk is full; send it again after so many seconds.
    case queueFull(retryAfterSeconds: Int)
    /// The disk has less free space than the reserve; passes by itself when there is space again.
    case diskLow
    /// The frame is larger than the log takes; it will never fit.
    case frameTooLarge(bytes: Int, limit: Int)
    /// A write or sync failed; the log takes nothing more and nobody can say whether the frame is on disk.
    case failed(String)
    /// The log is closed.
    case closed

    /// One sentence.
    public var description: String {
        switch self {
        case .queueFull(let seconds): "the queue before the log is full; try again in \(seconds) s"
        case .diskLow: "the disk has less free space than the reserve"
        case .frameTooLarge(let bytes, let limit): "the frame has \(bytes) bytes, the log takes \(limit)"
        case .failed(let reason): "the log has failed: \(reason)"
        case .closed: "the log is closed"
        }
    }
}

/// Bytes of the log that were on disk and cannot be read.
public struct LogDamage: Sendable, Hashable, CustomStringConvertible {
    /// The segment's path.
    public var file: String
    /// Where in it the damage begins, in bytes.
    public var offset: Int64
    /// The first sequence number that cannot be read.
    public var firstSequence: UInt64
    /// The next one that can, when it is known; equal to `firstSequence` when no event is lost.
    public var nextSequence: UInt64?
    /// What is wrong there.
    public var reason: String

    /// Makes a description of damage.
    public init(file: String, offset: Int64, firstSequence: UInt64, nextSequence: UInt64?, reason: String) {
        self.file = file
        self.offset = offset
        self.firstSequence = firstSequence
        self.nextSequence = nextSequence
        self.reason = reason
    }

    /// What is damaged and how many events it costs.
    public var description: String {
        let events =
            switch nextSequence {
            case .some(let next) where next > firstSequence + 1: "events \(firstSequence) to \(next - 1) cannot be read"
            case .some(let next) where next == firstSequence + 1: "event \(firstSequence) cannot be read"
            case .some(let next) where next == firstSequence: "no event is lost"
            default: "events from \(firstSequence) on cannot be read"
            }
        return "\(file), offset \(offset): \(reason); \(events)"
    }
}

/// Why the log cannot be opened, read or kept.
public enum EventLogError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A system call failed.
    case system(SystemError)
    /// Another process has the directory.
    case locked(directory: String)
    /// The file that names the store is missing beside segments, or unreadable.
    case identityUnreadable(path: String, reason: String)
    /// The directory belongs to another store.
    case foreign(path: String, expected: LogIdentity, found: LogIdentity)
    /// Written by a later version of the format.
    case unsupportedVersion(file: String, version: Int)
    /// Bytes that were on disk cannot be read.
    case damaged(LogDamage)
    /// The events from here on were deleted by retention while they were being read; `first` is the oldest left.
    case noLongerKept(sequence: UInt64, first: UInt64)

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .locked(let directory):
            "\(directory) is in use by another process; stop it first, two must never write one log"
        case .identityUnreadable(let path, let reason):
            "\(path): \(reason); restore this file from a backup, or let `meterd log repair` make it from the segments"
        case .foreign(let path, let expected, let found):
            "\(path) belongs to store \(found), not to \(expected); check storage.directory and what was restored"
        case .unsupportedVersion(let file, let version):
            "\(file) has format version \(version), which this version cannot read; use the version that wrote it"
        case .damaged(let damage):
            "the log is damaged: \(damage). These events had been acknowledged. Make a copy of the directory, see the "
                + "whole of it with `meterd log verify`, then restore a backup or decide with `meterd log repair`"
        case .noLongerKept(let sequence, let first):
            "event \(sequence) was deleted by retention; the oldest event kept is \(first)"
        }
    }
}
