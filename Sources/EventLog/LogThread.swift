internal import CPlatform
internal import Glibc

/// A thread of the log's own, with a name (15 bytes at most) that `ps -L` shows.
final class LogThread: Sendable {
    private let handle: pthread_t

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts it.
    init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var handle = pthread_t()
        let number = pthread_create(
            &handle,
            nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                meterd_name_thread(start.name)
                start.body()
                return nil
            },
            start.toOpaque()
        )
        guard number == 0 else {
            start.release()
            throw SystemError(call: "pthread_create", path: name, number: number)
        }
        self.handle = handle
    }

    /// Waits for its end. On the thread itself it only lets go of it: a completion may hold the log's last reference.
    func join() {
        if pthread_equal(handle, pthread_self()) != 0 {
            pthread_detach(handle)
        } else {
            pthread_join(handle, nil)
        }
    }
}
