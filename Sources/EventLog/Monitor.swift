internal import Glibc

/// A lock and a condition around some state.
///
/// `@unchecked Sendable`: the state is touched only with the lock held. (`Synchronization.Mutex` has no condition to wait
/// for, and its lock cannot be given to `pthread_cond_wait`.)
final class Monitor<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        precondition(pthread_mutex_init(mutex, nil) == 0 && pthread_cond_init(condition, &attributes) == 0)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs with the lock held.
    @inline(__always)
    func withLock<Value>(_ body: (inout State) -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Wakes everyone who waits.
    func wake() { pthread_cond_broadcast(condition) }

    /// Waits until the state is ready, then runs with the lock held.
    func when<Value>(_ isReady: (inout State) -> Bool, _ body: (inout State) -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isReady(&state) { pthread_cond_wait(condition, mutex) }
        return body(&state)
    }

    /// Waits until the state is ready or so many seconds have passed.
    func wait(seconds: Double, until isReady: (inout State) -> Bool) {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + Int(seconds * 1e9)
        deadline.tv_sec += nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isReady(&state), pthread_cond_timedwait(condition, mutex, &deadline) != ETIMEDOUT {}
    }
}
