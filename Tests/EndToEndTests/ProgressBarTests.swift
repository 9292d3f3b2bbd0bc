import Foundation
import Testing

@testable import meterd

@Suite("The line that shows progress")
struct ProgressBarTests {
    /// Two seconds after the start, with 12.3 MB done.
    private func bar(total: Int?, blocks: Bool = true) -> ProgressBar {
        var bar = ProgressBar(.bytes, total: total, product: "event", hasBlocks: blocks)
        bar.advance(to: 0, products: 0, at: .zero)
        bar.advance(to: 12_345_678, products: 51_234, at: .seconds(2))
        return bar
    }

    @Test(
        "what there is no room for is left out: bytes first, then the speed, the bar, the time, the events",
        arguments: [
            (
                120,
                " 42% ████████████████▉░░░░░░░░░░░░░░░░░░░░░░░  12.3 MB of 29.1 MB  51,234 events  25,617 events/s  0:03 left"
            ),
            (80, " 42% █████░░░░░░░  12.3 MB of 29.1 MB  51,234 events  25,617 events/s  0:03 left"),
            (78, " 42% ████▏░░░░░  12.3 MB of 29.1 MB  51,234 events  25,617 events/s  0:03 left"),
            (77, " 42% ████████████▎░░░░░░░░░░░░░░░░  51,234 events  25,617 events/s  0:03 left"),
            (66, " 42% ███████▋░░░░░░░░░░  51,234 events  25,617 events/s  0:03 left"),
            (46, " 42% ██████▎░░░░░░░░  51,234 events  0:03 left"),
            (30, " 42%  51,234 events  0:03 left"),
            (29, " 42%  51,234 events"),
            (19, " 42%  51,234 events"),
            (18, " 42% █████▌░░░░░░░"),
            (8, " 42%"),
            (3, " 42"),
            (0, ""),
            (-1, ""),
        ]
    )
    func file(columns: Int, expected: String) {
        let text = bar(total: 29_100_000).text(columns: columns)
        #expect(text == expected)
        #expect(text.count <= max(0, columns))
    }

    @Test("a terminal of 80 columns has a bar, with three columns left free")
    func usualTerminal() {
        var bar = ProgressBar(.bytes, total: 100_000_000, product: "event", hasBlocks: false)
        bar.advance(to: 0, products: 0, at: .zero)
        bar.advance(to: 50_900_000, products: 293_655, at: .seconds(3))
        #expect(
            bar.text(columns: 77) == " 50% [=============             ]  293,655 events  97,885 events/s  0:03 left"
        )
    }

    @Test("a pipe has no end that is known: bytes, events, speed and the time so far")
    func pipe() {
        #expect(bar(total: nil).text(columns: 120) == "12.3 MB  51,234 events  25,617 events/s  0:02")
        #expect(bar(total: nil).text(columns: 35) == "51,234 events  0:02")
    }

    @Test("a terminal without block characters gets plain ones")
    func plain() {
        let text = bar(total: 29_100_000, blocks: false).text(columns: 80)
        #expect(text == " 42% [====      ]  12.3 MB of 29.1 MB  51,234 events  25,617 events/s  0:03 left")
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test("a note stands in place of speed and time, without characters that move the cursor")
    func note() {
        var bar = bar(total: nil)
        bar.note = "waiting\r\u{1B}[2J\nfor a broker"
        #expect(bar.text(columns: 120) == "12.3 MB  51,234 events  waiting  [2J for a broker")
    }

    @Test("the speed is that of the last five seconds")
    func speed() {
        var bar = ProgressBar(.bytes, total: nil, product: "event", hasBlocks: true)
        for second in 0...60 { bar.advance(to: 0, products: min(second, 50) * 1_000, at: .seconds(second)) }
        #expect(bar.text(columns: 80) == "0 B  50,000 events  0 events/s  1:00")
        bar.advance(to: 0, products: 55_000, at: .seconds(61))
        #expect(bar.text(columns: 80) == "0 B  55,000 events  1,000 events/s  1:01")
    }

    @Test("samples that come thick and fast take no memory and change no figure")
    func manySamples() {
        var bar = ProgressBar(.bytes, total: nil, product: "event", hasBlocks: true)
        for number in 0...100_000 { bar.advance(to: 0, products: number, at: .microseconds(number * 100)) }
        #expect(bar.text(columns: 80) == "0 B  100,000 events  10,000 events/s  0:10")
    }

    @Test("before the first step, with nothing to do, and beyond what was to do")
    func edges() {
        #expect(
            ProgressBar(.bytes, total: 100, product: "event", hasBlocks: false).text(columns: 50)
                == "  0% [               ]  0 events  0 events/s  0:00"
        )
        #expect(ProgressBar(.bytes, total: 0, product: "event", hasBlocks: false).text(columns: 5) == "100%")
        var bar = ProgressBar(.bytes, total: 100, product: "event", hasBlocks: true)
        bar.advance(to: 200, products: 1, at: .seconds(1))
        #expect(bar.text(columns: 80).hasPrefix("100% ██████████"))
    }

    @Test(
        "bytes are told in the unit that keeps them short",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
            (1_234_567_890, "1.2 GB"), (Int.max, "9.2 EB"),
        ]
    )
    func bytes(count: Int, expected: String) {
        #expect(Quantities.bytes(count) == expected)
    }

    @Test("numbers are grouped, times are clocks")
    func figures() {
        #expect(
            [0, 999, 1_000, 1_234_567, -1_000].map(Quantities.grouped) == ["0", "999", "1,000", "1,234,567", "-1,000"]
        )
        #expect(
            [0, 2.1, 59, 60, 3_599, 3_600, 1e12].map(Quantities.clock) == [
                "0:00", "0:03", "0:59", "1:00", "59:59", "1:00:00", "99:59:59",
            ]
        )
    }
}
