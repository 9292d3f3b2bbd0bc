/// Which events are taken.
public enum Profile: String, Sendable, CaseIterable {
    /// What OpenMeter takes: `subject` is required, `data` is an object, null or absent, `datacontenttype` is
    /// `application/json`, null or absent, and there is no `data_base64`.
    case openmeter
    /// All that CloudEvents 1.0.2 allows.
    case cloudevents
}

/// What one request body may hold. More than that is refused with `DecodeError.tooManyEvents` or `.eventTooLarge`.
public struct DecodeLimits: Sendable, Hashable {
    /// Events in one body.
    public var events: Int
    /// Bytes of one event's JSON text.
    public var event: Int
    /// How deep objects and arrays may be nested, the event itself being the first level; at most `deepest`.
    public var depth: Int

    /// The deepest nesting that can be asked for: each level takes part of the thread's stack.
    public static let deepest = 512

    /// Limits; without arguments, those of the default configuration.
    public init(events: Int = 10_000, event: Int = 256 * 1024, depth: Int = 64) {
        self.events = events
        self.event = event
        self.depth = depth
    }

    /// Extension attributes of one event.
    static let extensions = 64
    /// Bytes of one extension attribute's name. CloudEvents only advises 20.
    static let attributeName = 128
    /// Problems listed by name in one refusal.
    static let problems = 10_000
}

/// What the body of a structured request may be.
public enum Envelope: Sendable, Hashable {
    /// One event, a JSON object (`application/cloudevents+json`).
    case single
    /// A JSON array of events, possibly empty (`application/cloudevents-batch+json`).
    case batch
    /// One event or an array of at least one (`application/json`).
    case either
}
