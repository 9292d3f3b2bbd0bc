import Testing

@testable import KafkaIngest

@Suite("What the log says of rejected messages")
struct RejectionNotesTests {
    @Test("a topic's first one is told at once, those after it together once in each interval")
    func oncePerInterval() {
        let start = ContinuousClock.now
        var notes = RejectionNotes()
        let partition = PartitionID(topic: "events", number: 3)
        notes.add(partition, offset: 7, reason: "no id")
        let first = notes.due(every: .seconds(60), now: start)
        #expect(
            first == [
                "events: a message is no event, the last at events/3 offset 7: no id; GET /api/v1/rejected lists them"
            ]
        )
        for offset in 8..<12 { notes.add(partition, offset: Int64(offset), reason: "no type") }
        #expect(notes.due(every: .seconds(60), now: start + .seconds(59)).isEmpty)
        let later = notes.due(every: .seconds(60), now: start + .seconds(60))
        #expect(later.count == 1 && later[0].contains("4 messages are no events") && later[0].contains("offset 11"))
        #expect(notes.due(every: .seconds(60), now: start + .seconds(200)).isEmpty)
    }
}
