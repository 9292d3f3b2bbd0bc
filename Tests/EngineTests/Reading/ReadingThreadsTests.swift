import Dispatch
import Synchronization
import Testing

@testable import Engine

@Suite("Threads for reads")
struct ReadingThreadsTests {
    @Test("so many reads run at once, so many wait, and more are refused")
    func bounds() async {
        let threads = ReadingThreads(atOnce: 2, mostWaiting: 3)
        let gate = DispatchSemaphore(value: 0)
        let running = Atomic(0)
        let most = Atomic(0)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let done = Atomic(0)
            let read: @Sendable () -> Void = {
                let now = running.add(1, ordering: .relaxed).newValue
                most.max(now, ordering: .relaxed)
                gate.wait()
                running.subtract(1, ordering: .relaxed)
                if done.add(1, ordering: .relaxed).newValue == 5 { continuation.resume() }
            }
            for _ in 0..<5 { #expect(threads.run(read)) }
            #expect(!threads.run(read), "two run and three wait")
            for _ in 0..<5 { gate.signal() }
        }
        #expect(most.load(ordering: .relaxed) <= 2)
    }
}
