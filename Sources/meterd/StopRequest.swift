import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM as wishes, for a command that ends its work in order: from when this is made they do nothing else.
final class StopRequest {
    /// Written where signals are handled, read where the work is done.
    private final class State: Sendable {
        let first = Atomic<Int32>(0)
        let count = Atomic<Int>(0)
    }

    private let state = State()
    private let sources: [any DispatchSourceSignal]

    init() {
        let state = state
        sources = [SIGINT, SIGTERM].map { number in
            Foundation.signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                _ = state.first.compareExchange(expected: 0, desired: number, ordering: .relaxed)
                state.count.add(Int(source.data), ordering: .releasing)
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// The signal that came first; nil as long as none has.
    var signal: Int32? { count > 0 ? state.first.load(ordering: .relaxed) : nil }

    /// How many came.
    var count: Int { state.count.load(ordering: .acquiring) }
}
