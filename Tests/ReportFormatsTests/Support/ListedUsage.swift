import Metering
import ReportFormats
import Synchronization

/// Usage that is found by looking at all events, and what was asked for.
final class ListedUsage: DayUsage {
    struct Event: Sendable {
        var meter: String
        var day: LocalDay
        var subject: String
        var dimensions: [String: String]
        var value: ExactDecimal
    }

    struct BadSample: Error {}

    private let events: [Event]
    private let asked = Mutex<[String]>([])

    /// - Parameter events: meter, day, subject, value, dimensions.
    init(_ events: [(String, String, String, String, [String: String])]) throws {
        self.events = try events.map { meter, day, subject, value, dimensions in
            guard let day = LocalDay(day) else { throw BadSample() }
            return Event(
                meter: meter,
                day: day,
                subject: subject,
                dimensions: dimensions,
                value: try ExactDecimal(value)
            )
        }
    }

    /// `meter from..<to by subject,…`, in the order in which it was asked for.
    var requests: [String] { asked.withLock { $0 } }

    func rows(meter slug: String, days: Range<LocalDay>, groupBy: [String]) async throws -> [UsageRow] {
        asked.withLock {
            $0.append("\(slug) \(days.lowerBound)..<\(days.upperBound) by \(groupBy.joined(separator: ","))")
        }
        var rows: [[[UInt8]]: UsageRow] = [:]
        for event in events where event.meter == slug && days.contains(event.day) {
            let texts = groupBy.map { $0 == "subject" ? event.subject : event.dimensions[$0] ?? "" }
            let subject = groupBy.contains("subject") ? event.subject : nil
            // Texts are told apart by their bytes.
            let key = texts.map { Array($0.utf8) }
            var row =
                rows[key]
                ?? UsageRow(
                    window: TimeWindow(
                        start: days.lowerBound.start(in: .utc),
                        end: days.upperBound.start(in: .utc)
                    ),
                    subject: subject,
                    dimensions: zip(groupBy, texts).filter { $0.0 != "subject" }.map(\.1),
                    value: .zero
                )
            row.value = try row.value.adding(event.value)
            row.events += 1
            rows[key] = row
        }
        return rows.values.shuffled()
    }
}
