internal import CRdKafka
import Foundation

/// librdkafka's words for an error code.
func words(for code: rd_kafka_resp_err_t) -> String {
    String(cString: rd_kafka_err2str(code))
}

/// The longest message that librdkafka has for a client it refuses to make, in bytes.
private let reasonLength = 512

/// A librdkafka configuration, which `newClient` takes over.
func clientConfiguration(_ properties: [String: String]) throws(BrokerFailure) -> OpaquePointer {
    guard let configuration = rd_kafka_conf_new() else { throw BrokerFailure("rd_kafka_conf_new: no memory") }
    var reason = [CChar](repeating: 0, count: reasonLength)
    for (name, value) in properties
    where rd_kafka_conf_set(configuration, name, value, &reason, reason.count) != RD_KAFKA_CONF_OK {
        rd_kafka_conf_destroy(configuration)
        throw BrokerFailure("the property \(name): \(text(reason))")
    }
    return configuration
}

/// A librdkafka client of the configuration.
func newClient(_ type: rd_kafka_type_t, _ configuration: OpaquePointer) throws(BrokerFailure) -> OpaquePointer {
    var reason = [CChar](repeating: 0, count: reasonLength)
    guard let handle = rd_kafka_new(type, configuration, &reason, reason.count) else {
        rd_kafka_conf_destroy(configuration)
        throw BrokerFailure("rd_kafka_new: \(text(reason))")
    }
    return handle
}

/// Ends a client, and the mock cluster in it, without waiting for it.
///
/// In librdkafka 2.0.2 `rd_kafka_destroy` never returns when a topic that the client used has gone since and has not come
/// back: its partitions are never freed, and they keep their brokers' threads.
func destroyClient(_ handle: OpaquePointer, mock: OpaquePointer? = nil) {
    let addresses = (client: UInt(bitPattern: handle), mock: UInt(bitPattern: mock))
    Thread.detachNewThread {
        if let mock = OpaquePointer(bitPattern: addresses.mock) { rd_kafka_mock_cluster_destroy(mock) }
        rd_kafka_destroy(OpaquePointer(bitPattern: addresses.client))
    }
}

private func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
