public import Logging

/// A swift-log handler that writes one line an event, as text or as JSON.
///
/// Metadata of the statement wins over that of the metadata provider, which wins over that of the logger. In JSON,
/// metadata stands beside `time`, `level`, `logger` and `message`; a key of one of these names gets a `_` behind it.
public struct LineLogHandler: LogHandler {
    /// The longest message or metadata text, in characters; what is longer is cut and marked with `…`.
    public static let textLimit = 8192

    /// Events below this level are not written.
    public var logLevel: Logger.Level
    /// What every line of this logger carries.
    public var metadata: Logger.Metadata = [:]
    /// Gives what every line of the current task carries.
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: LogFormat
    private let writer: LogWriter
    private let now: @Sendable () -> Int64

    /// Makes a handler; `now` gives microseconds since 1970-01-01T00:00:00Z.
    public init(
        label: String,
        format: LogFormat,
        level: Logger.Level = .info,
        writer: LogWriter = .standardError,
        now: @escaping @Sendable () -> Int64 = LogTime.now
    ) {
        self.label = label
        self.format = format
        self.logLevel = level
        self.writer = writer
        self.now = now
    }

    /// One entry of the logger's metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        let fields = merged(with: event).sorted { $0.key < $1.key }
        let time = LogTime.text(microseconds: now())
        let message = cut(event.message.description)
        switch format {
        case .text: writer.write(TextLine.render(time, event.level, label, message, fields))
        case .json: writer.write(JSONLine.render(time, event.level, label, message, fields))
        }
    }

    private func merged(with event: LogEvent) -> Logger.Metadata {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, newer in newer } }
        if let explicit = event.metadata { all.merge(explicit) { _, newer in newer } }
        if let error = event.error { all["error"] = "\(error)" }
        return all
    }
}

/// Cuts a text that is over the limit.
func cut(_ text: String) -> String {
    // The UTF-8 length is known without counting; only a text that may be too long is counted.
    guard text.utf8.count > LineLogHandler.textLimit, text.count > LineLogHandler.textLimit else { return text }
    return text.prefix(LineLogHandler.textLimit) + "…"
}
