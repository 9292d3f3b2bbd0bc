import CPlatform
import Dispatch
import Foundation
import Synchronization

/// The engine's own threads, which are waited for when it stops.
final class EngineThreads: Sendable {
    private let running = DispatchGroup()

    func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        running.enter()
        Thread.detachNewThread { [running] in
            meterd_name_thread(name)
            body()
            running.leave()
        }
    }

    func join() { running.wait() }
}

/// Says once why the engine can go on no more.
final class FailureSignal: Sendable {
    private let state = Mutex<String?>(nil)
    private let onFailure: @Sendable (String) -> Void

    init(_ onFailure: @escaping @Sendable (String) -> Void) {
        self.onFailure = onFailure
    }

    var reason: String? { state.withLock { $0 } }

    func fail(_ reason: String) {
        let first = state.withLock { state in
            guard state == nil else { return false }
            state = reason
            return true
        }
        if first { onFailure(reason) }
    }
}

/// An atomic counter that can stand in an array.
final class Atomic64: Sendable {
    let value = Atomic<Int64>(0)
}
