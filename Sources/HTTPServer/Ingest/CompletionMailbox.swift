import Engine
import NIOCore
import Synchronization

/// What the engine said about one request.
struct Completion: Sendable {
    /// The connection and the request on it; numbers, because a connection may be gone by now.
    var connection: UInt64
    var slot: UInt64
    /// Events in the request.
    var events: Int
    var result: Result<Void, AppendRefusal>
}

/// Brings the engine's answers from the log writer's thread to an event loop. A group commit answers many requests at
/// once; the event loop is woken once for all of them.
final class CompletionMailbox: Sendable {
    private let waiting = Mutex<[Completion]>([])
    private let eventLoop: any EventLoop
    private let deliver: @Sendable ([Completion]) -> Void

    /// `deliver` runs on the event loop.
    init(eventLoop: any EventLoop, deliver: @escaping @Sendable ([Completion]) -> Void) {
        self.eventLoop = eventLoop
        self.deliver = deliver
    }

    /// Leaves an answer; from any thread.
    func post(_ completion: Completion) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(completion)
            return waiting.count == 1
        }
        // Whoever finds the box empty wakes the loop; later ones ride along, because the loop empties the whole box.
        guard isFirst else { return }
        eventLoop.execute { [self] in
            let completions = waiting.withLock { waiting in
                let taken = waiting
                waiting = []
                return taken
            }
            deliver(completions)
        }
    }
}
