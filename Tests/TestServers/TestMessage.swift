/// A Kafka message as a test writes it, or reads it back.
package struct TestMessage: Sendable, Hashable {
    package struct Header: Sendable, Hashable {
        package var name: String
        /// A header may have no value, which is not the same as an empty one.
        package var value: [UInt8]?

        package init(_ name: String, _ value: [UInt8]?) {
            self.name = name
            self.value = value
        }
    }

    package var key: [UInt8]?
    package var headers: [Header]
    package var value: [UInt8]?
    /// Milliseconds since 1970; nil is the time of producing.
    package var time: Int64?

    package init(key: [UInt8]?, headers: [Header], value: [UInt8]?, time: Int64? = nil) {
        self.key = key
        self.headers = headers
        self.value = value
        self.time = time
    }

    /// Headers as pairs in their order: names may repeat.
    package init(key: String? = nil, headers: [(String, String)] = [], value: String?, time: Int64? = nil) {
        self.init(
            key: key.map { Array($0.utf8) },
            headers: headers.map { Header($0.0, Array($0.1.utf8)) },
            value: value.map { Array($0.utf8) },
            time: time
        )
    }
}

/// A broker, or a client of one, did not do what a test asked of it.
package struct BrokerFailure: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}
