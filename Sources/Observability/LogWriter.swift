import Glibc
import Synchronization

/// Writes whole lines to a descriptor, one `write(2)` a line, so lines of several threads never mix.
///
/// A pipe keeps a write together only up to `PIPE_BUF` (4 KiB); the lock keeps longer lines together among the threads
/// of this process.
public final class LogWriter: Sendable {
    private let descriptor: Int32
    private let turn = Mutex<Void>(())

    /// Lines for standard error.
    public static let standardError = LogWriter(descriptor: STDERR_FILENO)

    /// Lines for a descriptor that is open for as long as the writer is used.
    public init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes one line, which ends in a line feed. A descriptor that takes no more bytes loses the line: there is
    /// nowhere to report it, and a daemon does not stop because its log's reader did.
    func write(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            turn.withLock { _ in
                var rest = UnsafeRawBufferPointer(bytes)
                while let start = rest.baseAddress, rest.count > 0 {
                    let written = Glibc.write(descriptor, start, rest.count)
                    if written < 0 {
                        if errno == EINTR { continue }
                        return
                    }
                    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                }
            }
        }
    }
}
