import NIOCore
import Synchronization

/// The `IngestLoop` of each event loop, made when its first connection comes.
final class IngestLoops: Sendable {
    private struct Entry {
        let eventLoop: any EventLoop
        let part: NIOLoopBound<IngestLoop>
    }

    private let parts: ServerParts
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(parts: ServerParts) {
        self.parts = parts
    }

    /// The loop's part; called on the event loop.
    func loop(of eventLoop: any EventLoop) -> IngestLoop {
        let entry = entries.withLock { entries in
            if let known = entries[ObjectIdentifier(eventLoop)] { return known }
            let part = IngestLoop(parts: parts, eventLoop: eventLoop)
            let made = Entry(eventLoop: eventLoop, part: NIOLoopBound(part, eventLoop: eventLoop))
            entries[ObjectIdentifier(eventLoop)] = made
            return made
        }
        return entry.part.value
    }

    /// Closes all connections of all event loops.
    func closeConnections() {
        for entry in entries.withLock({ Array($0.values) }) {
            entry.eventLoop.execute { entry.part.value.closeAll() }
        }
    }
}
