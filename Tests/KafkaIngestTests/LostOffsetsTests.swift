import Testing

@testable import KafkaIngest

@Suite("Offsets that are gone, in words")
struct LostOffsetsTests {
    @Test("offsets below the oldest on the broker are named and counted")
    func deletedByRetention() {
        let lost = LostOffsets(next: 10, offered: 25..<40, goesOnAt: 25)
        #expect(lost.count == 15)
        #expect("\(lost)".contains("10 to 24"))
        #expect("\(lost)".contains("25 to 39"))
    }

    @Test("what is left out at the end is lost too")
    func latest() {
        let lost = LostOffsets(next: 10, offered: 25..<40, goesOnAt: 40)
        #expect(lost.count == 30)
        #expect("\(lost)".contains("10 to 39"))
    }

    @Test("an offset behind the end says that the topic is another one, and nothing is known to be lost")
    func madeAnew() {
        let lost = LostOffsets(next: 100, offered: 0..<5, goesOnAt: 0)
        #expect(lost.count == 0)
        #expect("\(lost)".contains("made anew"))
        #expect("\(lost)".contains("100"))
    }
}
