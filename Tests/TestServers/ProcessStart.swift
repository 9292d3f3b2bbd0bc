import Foundation
import Synchronization

extension Process {
    /// Starts the program, one at a time in the whole test process.
    ///
    /// Foundation learns of a program's end from a socket that only that program should hold. One that is started at the same
    /// time on another thread may come to hold it too, and then the end is not seen before both have ended.
    package func start() throws {
        try Self.starts.withLock { _ in try run() }
    }

    private static let starts = Mutex(())
}
