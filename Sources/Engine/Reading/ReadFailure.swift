import EventLog
import Synchronization
import UsageStore

extension QueryError {
    /// What an error of a read means to whoever asked.
    ///
    /// - Returns: nil when another attempt can succeed: retention deleted a part of the log that was about to be read.
    static func attempt<R>(_ error: any Error, rowLimit: Int = 0) throws(QueryError) -> R? {
        switch error {
        case let error as QueryError: throw error
        case let error as UsageReadError: throw QueryError(error, rowLimit: rowLimit)
        case ScanError.noLongerKept: return nil
        case let error as ScanError: throw QueryError(error)
        default: throw .unavailable("\(error)")
        }
    }

    private init(_ error: UsageReadError, rowLimit: Int) {
        switch error {
        case .overflow: self = .overflow
        case .tooManyRows(let rows): self = .tooLarge(rows: rows, limit: rowLimit)
        case .tooManyValues(let values): self = .tooLarge(rows: values, limit: UsageReader.maximumUniqueValues)
        case .tooManyEvents: self = .tooManyEvents
        case .tooLong: self = .tooLong
        }
    }

    private init(_ error: ScanError) {
        switch error {
        case .tooManyEvents: self = .tooManyEvents
        case .tooLong: self = .tooLong
        case .noLongerKept(let first): self = .unavailable("the log begins with event \(first) now; try again")
        case .unreadable(let why): self = .unavailable(why)
        }
    }

    private static let tooManyEvents = QueryError.tooMuch(
        "more than \(Engine.readEvents) events of the log would have to be read; ask for a shorter range, or for what the "
            + "totals hold: windows of HOUR and longer, from and to on their borders, the meter's own dimensions"
    )

    private static let tooLong = QueryError.tooMuch(
        "the answer takes longer than \(Engine.readTime.components.seconds) s; ask for a shorter range"
    )
}

extension Engine {
    /// Copies something under the state lock and reads the store for the rest, again when a checkpoint fell in between.
    func loading<S: Sendable, R>(
        _ copy: (inout ApplyState) -> S,
        _ load: (S) throws -> R?
    ) throws -> R {
        for _ in 0..<Self.readAttempts {
            if let loaded = try load(state.withLock { state in copy(&state) }) { return loaded }
        }
        throw QueryError.unavailable("checkpoints came faster than the store could be read; try again")
    }

    /// The same for a public member: off the cooperative threads, behind what was on disk at the call.
    func listing<S: Sendable, R: Sendable>(
        _ copy: @escaping @Sendable (inout ApplyState) -> S,
        _ load: @escaping @Sendable (S) throws -> R?
    ) async throws(QueryError) -> R {
        try await waitForApply()
        return try await Self.offCooperativeThreads { [self] () throws(QueryError) in
            do {
                return try loading(copy, load)
            } catch let error as QueryError {
                throw error
            } catch {
                throw .unavailable("\(error)")
            }
        }
    }
}
