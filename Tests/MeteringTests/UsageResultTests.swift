import CloudEvents
import Metering
import Testing

@Suite("Usage queries and results")
struct UsageResultTests {
    static func row(_ start: Int64, _ subject: String?, _ dimensions: [String] = []) -> UsageRow {
        let window = TimeWindow(start: Timestamp(microseconds: start), end: Timestamp(microseconds: start + 1))
        return UsageRow(window: window, subject: subject, dimensions: dimensions, value: .one)
    }

    @Test("rows are in the same order whatever order they came in")
    func order() {
        let ordered = [
            Self.row(1, nil), Self.row(1, ""), Self.row(1, "Z"), Self.row(1, "a", ["", "x"]),
            Self.row(1, "a", ["b", ""]),
            Self.row(1, "a", ["b", "e\u{301}"]), Self.row(1, "a", ["b", "é"]), Self.row(1, "é"), Self.row(1, "😀"),
            Self.row(2, nil),
        ]
        var random = SeededGenerator(seed: 41)
        for _ in 0..<20 {
            let result = UsageResult(
                from: nil,
                to: nil,
                windowSize: .day,
                dimensionNames: ["d", "e"],
                rows: ordered.shuffled(using: &random)
            )
            #expect(
                zip(result.rows, ordered).allSatisfy {
                    $0.subject.map { Array($0.utf8) } == $1.subject.map { Array($0.utf8) }
                }
            )
            #expect(
                result.rows.map { $0.dimensions.map { Array($0.utf8) } }
                    == ordered.map { $0.dimensions.map { Array($0.utf8) } }
            )
        }
    }

    @Test("subjects named in a query group its rows, and subject is no dimension")
    func subjects() {
        #expect(UsageQuery(meter: "m", subjects: ["customer-1"]).groupsBySubject)
        #expect(UsageQuery(meter: "m", groupBy: ["model", "subject"]).groupsBySubject)
        #expect(!UsageQuery(meter: "m", groupBy: ["model"]).groupsBySubject)
        #expect(UsageQuery(meter: "m", groupBy: ["b", "subject", "a"]).dimensionNames == ["b", "a"])
    }
}
