import Testing

@testable import KafkaIngest

@Suite("Properties of a librdkafka client")
struct ClientPropertiesTests {
    @Test("a value that librdkafka does not take is refused by the property's name, without the value")
    func refusedValue() {
        let properties = ClientProperties(pairs: [("queued.min.messages", "secret")])
        #expect {
            try properties.makeConfiguration(cluster: "main")
        } throws: { error in
            let text = "\(error)"
            return text.contains("queued.min.messages") && !text.contains("secret")
        }
    }
}
