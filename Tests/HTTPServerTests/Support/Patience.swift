import Glibc

/// Waiting for something another thread does, so long that only a broken program makes it fail.
enum Patience {
    struct RanOut: Error {}

    /// Blocks until the condition holds; gives up after about two minutes.
    static func wait(until condition: () -> Bool) throws {
        for _ in 0..<120_000 {
            if condition() { return }
            usleep(1000)
        }
        throw RanOut()
    }
}
