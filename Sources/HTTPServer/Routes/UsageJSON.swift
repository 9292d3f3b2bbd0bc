import CloudEvents
import Metering

/// The answer to a usage query as OpenMeter's clients read it.
enum UsageJSON {
    static func write(_ result: UsageResult, _ query: UsageQuery, _ json: inout JSONWriter) {
        let dimensions = query.groupBy.filter { $0 != "subject" }
        json.object { json in
            if let from = query.from { json.member("from", from.description) }
            if let to = query.to { json.member("to", to.description) }
            if let size = query.windowSize { json.member("windowSize", size.rawValue) }
            json.key("data")
            json.array { json in for row in result.rows { write(row, dimensions, &json) } }
        }
    }

    private static func write(_ row: UsageRow, _ dimensions: [String], _ json: inout JSONWriter) {
        json.object { json in
            json.key("value")
            json.number(row.value)
            json.member("windowStart", row.window.start.description)
            json.member("windowEnd", row.window.shownEnd)
            json.member("subject", row.subject)
            json.key("groupBy")
            json.object { json in
                for (name, value) in zip(dimensions, row.dimensions) { json.member(name, value) }
            }
        }
    }
}

extension TimeWindow {
    /// The end as it is written: a window that ends with the year 9999 ends with the last time RFC 3339 can write.
    var shownEnd: String {
        let last = Timestamp.lastWritable
        return (end > last ? last : end).description
    }
}

extension Timestamp {
    /// 9999-12-31T23:59:59.999999Z
    fileprivate static let lastWritable = Timestamp(microseconds: 253_402_300_799_999_999)
}
