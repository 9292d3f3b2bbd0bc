/// How a Kafka message carries its event (CloudEvents 1.0.2, Kafka protocol binding, section 1.3).
public enum MessageMode: String, Sendable, CaseIterable {
    /// The value is the event's JSON text.
    case structured
    /// The attributes are headers, the value is the data.
    case binary
}

/// An event as a Kafka message.
public struct EventMessage: Sendable, Hashable {
    /// One header.
    public struct Header: Sendable, Hashable {
        /// The header's name.
        public var name: String
        /// The header's value.
        public var value: [UInt8]

        /// A header.
        public init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    /// The event's subject in UTF-8; nil without one.
    public var key: [UInt8]?
    /// The message's headers.
    public var headers: [Header]
    /// The event or its data; nil for a binary event without data.
    public var value: [UInt8]?

    /// A message.
    public init(key: [UInt8]?, headers: [Header], value: [UInt8]?) {
        self.key = key
        self.headers = headers
        self.value = value
    }
}
