import Logging
import Synchronization

/// Keeps what is logged.
final class LogLines: LogHandler {
    private let kept = Mutex<[String]>([])

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
        kept.withLock { $0.append(([event.level.rawValue, "\(event.message)"] + metadata).joined(separator: " ")) }
    }

    /// Each line: level, message and metadata by name.
    var lines: [String] { kept.withLock { $0 } }

    /// The lines with this text in them.
    func lines(with text: String) -> [String] { lines.filter { $0.contains(text) } }
}
