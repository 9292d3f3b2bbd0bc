/// How a log line is written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `2025-06-07T08:09:10.123Z info meterd: the message key=value`
    case text
    /// `{"time":"2025-06-07T08:09:10.123Z","level":"info","logger":"meterd","message":"the message","key":"value"}`
    case json
}
