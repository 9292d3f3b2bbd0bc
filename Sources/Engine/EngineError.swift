import DedupeIndex
import EventLog
import UsageStore

/// Why the engine cannot start or go on. A person has to look at each.
public enum EngineError: Error, Sendable, CustomStringConvertible {
    /// A directory cannot be made or used.
    case directory(path: String, message: String)
    /// The log's disk, or another process that has the log.
    case log(String)
    /// The store's disk.
    case store(String)
    /// The dedupe index's disk.
    case dedupe(String)
    /// Data on disk does not read as what was written.
    case damaged(String)
    /// The pieces of the directory do not belong together.
    case contradiction(String)
    /// The configuration gives a meter that has counted another definition.
    case meterRedefined(String)

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .directory(let path, let message): "\(path): \(message)"
        case .log(let message), .store(let message), .dedupe(let message), .damaged(let message),
            .contradiction(let message), .meterRedefined(let message):
            message
        }
    }

    /// Takes over an error of one of the rooms below.
    init(_ error: any Error) {
        switch error {
        case let error as EngineError: self = error
        case let error as EventLogError:
            switch error {
            case .damaged, .foreign, .identityUnreadable, .unsupportedVersion: self = .damaged(error.description)
            case .system, .locked, .noLongerKept: self = .log(error.description)
            }
        case let error as UsageStoreError:
            switch error {
            case .meterRedefined, .slugTaken, .cannotRegroup: self = .meterRedefined(error.description)
            case .meterGone: self = .contradiction(error.description)
            case .damaged, .newerFormat: self = .damaged(error.description)
            case .database: self = .store(error.description)
            }
        case let error as DedupeError: self = .dedupe(error.description)
        case ScanError.unreadable(let reason): self = .log(reason)
        default: self = .contradiction("\(error)")
        }
    }
}
