import Testing

@testable import KafkaIngest

@Suite("What is said of trouble")
struct TroubleBookTests {
    private let start = ContinuousClock.now

    @Test("trouble is told when it begins, then once in each interval, and when it is over")
    func oncePerInterval() {
        var book = TroubleBook(reminder: .seconds(60))
        #expect(book.note(.cluster, "down", now: start) == .begins("down"))
        for second in 1..<60 { #expect(book.note(.cluster, "down", now: start + .seconds(second)) == nil) }
        #expect(book.note(.cluster, "still down", now: start + .seconds(60)) == .lasts("still down", seconds: 60))
        #expect(book.note(.cluster, "down", now: start + .seconds(61)) == nil)
        #expect(book.settle(.cluster, now: start + .seconds(90)) == .over("down", seconds: 90))
        #expect(book.settle(.cluster, now: start + .seconds(91)) == nil)
    }

    @Test("one trouble does not hide another")
    func eachByItself() {
        var book = TroubleBook(reminder: .seconds(60))
        #expect(book.note(.topic("a"), "a is not there", now: start) == .begins("a is not there"))
        #expect(book.note(.topic("b"), "b is not there", now: start) == .begins("b is not there"))
        #expect(book.settle(.topic("a"), now: start) == .over("a is not there", seconds: 0))
        #expect(book.troubles.keys.map(\.self) == [.topic("b")])
    }
}

@Suite("Pauses between tries")
struct GrowingPauseTests {
    @Test("pauses double up to the limit, and are short again after a success")
    func growth() {
        var pause = GrowingPause(first: .seconds(1), longest: .seconds(5))
        #expect((0..<4).map { _ in pause.next(0) } == [.seconds(1), .seconds(2), .seconds(4), .seconds(5)])
        pause.reset()
        #expect(pause.next(0) == .seconds(1))
    }

    @Test("chance takes away a half at most")
    func jitter() {
        var pause = GrowingPause(first: .seconds(8), longest: .seconds(8))
        #expect(pause.next(1) == .seconds(4))
        #expect(pause.next(0.5) == .seconds(6))
    }
}
