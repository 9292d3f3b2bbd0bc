import CRdKafka
import TestServers
import Testing

/// What the other tests of this room rely on: that the brokers they run against do as they are told.
@Suite(.blocking) struct TestBrokersTests {
    @Test("the mock cluster gives a message back as it was: no key, an empty one, headers with and without value")
    func messages() throws {
        let mock = try MockKafkaCluster(brokerCount: 2)
        try mock.createTopic("usage", partitions: 2)
        let messages = [
            TestMessage(
                key: [],
                headers: [.init("a", nil), .init("a", []), .init("b", [1, 0])],
                value: nil,
                time: 1_700_000_000_123
            ),
            TestMessage(key: nil, headers: [], value: [], time: 1_700_000_000_124),
        ]
        for (offset, message) in messages.enumerated() {
            #expect(try mock.produce(topic: "usage", partition: 1, message) == Int64(offset))
        }
        let consumer = try TestConsumer(bootstrapServers: mock.bootstrapServers)
        #expect(try consumer.messages(topic: "usage", partition: 1) == messages)
        #expect(try consumer.messages(topic: "usage", partition: 0).isEmpty)
    }

    @Test("messages that the mock cluster lost are out of range, and what comes after them is not")
    func lostMessages() throws {
        let mock = try MockKafkaCluster()
        try mock.createTopic("usage", partitions: 1)
        for number in 0..<10 { try mock.produce(topic: "usage", partition: 0, value: "\(number)") }
        #expect(try mock.loseMessages(topic: "usage", partition: 0) == 12)
        #expect(try mock.produce(topic: "usage", partition: 0, value: "after") == 12)
        #expect(try mock.watermarks(topic: "usage", partition: 0) == 12..<13)
        let consumer = try TestConsumer(bootstrapServers: mock.bootstrapServers)
        #expect(try consumer.messages(topic: "usage", partition: 0).map(\.value) == [Array("after".utf8)])
        #expect(throws: BrokerFailure.self) {
            try consumer.messages(topic: "usage", partition: 0, offsets: 5..<13)
        }
    }

    @Test("producing more than the mock cluster keeps is an error of the test")
    func noRoom() throws {
        let mock = try MockKafkaCluster()
        try mock.createTopic("usage", partitions: 1)
        let message = TestMessage(value: String(repeating: "x", count: 1000))
        #expect(throws: BrokerFailure.self) {
            try mock.produce(topic: "usage", repeatElement(message, count: 10_000))
        }
    }

    @Test("the mock cluster fails requests as told, and is there again with its messages after it was down")
    func faults() throws {
        let mock = try MockKafkaCluster(brokerCount: 2)
        try mock.createTopic("usage", partitions: 1)
        try mock.produce(topic: "usage", partition: 0, value: "1")
        let consumer = try TestConsumer(bootstrapServers: mock.bootstrapServers)
        mock.fail(.fetch, with: RD_KAFKA_RESP_ERR__TRANSPORT)
        mock.fail(.fetch, with: RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
        try mock.stop()
        try mock.restart()
        #expect(try consumer.messages(topic: "usage", partition: 0).count == 1)
        // Both watermarks are asked for.
        mock.fail(.listOffsets, with: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, times: 2)
        #expect(throws: BrokerFailure.self) { try consumer.messages(topic: "usage", partition: 0) }
        #expect(try consumer.messages(topic: "usage", partition: 0).count == 1)
    }

    @Test(
        "noida keeps its messages when it is stopped, takes new partitions and deletes records",
        .enabled(if: NoidaServer.isInstalled, "there is no noida-db; scripts/test installs it")
    )
    func noida() async throws {
        let server = try await NoidaServer.start()
        let admin = try server.admin()
        try admin.createTopic("usage", partitions: 1)
        try admin.setPartitions("usage", to: 2)
        let producer = try TestProducer(bootstrapServers: server.bootstrapServers)
        try producer.produce(topic: "usage", partition: 1, (0..<10).map { TestMessage(value: "\($0)") })
        try admin.deleteRecords(topic: "usage", partition: 1, before: 4)
        try await server.stop()
        try await server.restart()
        #expect(try producer.partitionCount(topic: "usage") == 2)
        #expect(try producer.watermarks(topic: "usage", partition: 1) == 4..<10)
        let consumer = try TestConsumer(bootstrapServers: server.bootstrapServers)
        #expect(try consumer.messages(topic: "usage", partition: 1).count == 6)
    }

    @Test(
        "the producers of others deliver to the mock cluster and to noida",
        .enabled(if: Producers.hasKcat && Producers.hasPython && NoidaServer.isInstalled, "scripts/test installs them"),
        arguments: [false, true]
    )
    func producers(real: Bool) async throws {
        let mock = try MockKafkaCluster()
        let noida = real ? try await NoidaServer.start() : nil
        let servers = noida?.bootstrapServers ?? mock.bootstrapServers
        try await Producers.kcat(
            bootstrapServers: servers,
            topic: "usage",
            partition: 0,
            [("customer-1", "{}"), ("", "")],
            headers: [("content-type", "application/cloudevents+json")]
        )
        let consumer = try TestConsumer(bootstrapServers: servers)
        let header = TestMessage.Header("content-type", Array("application/cloudevents+json".utf8))
        var messages = try consumer.messages(topic: "usage", partition: 0)
        for index in messages.indices { messages[index].time = nil }
        #expect(
            messages == [
                TestMessage(key: Array("customer-1".utf8), headers: [header], value: Array("{}".utf8)),
                TestMessage(key: [], headers: [header], value: []),
            ]
        )
        for mode in Producers.Mode.allCases {
            let delivered = try await Producers.python(
                bootstrapServers: servers,
                topic: mode.rawValue,
                mode: mode,
                ids: 0..<70
            )
            #expect(delivered.count == 70)
            #expect(delivered.tokens == 280)
            for (partition, count) in delivered.partitions {
                let number = try #require(Int32(partition))
                #expect(try consumer.messages(topic: mode.rawValue, partition: number).count == count)
            }
        }
    }
}
