/// A stretch of event time, and where in the log its events are.
struct EventSpan: Sendable, Hashable {
    /// Event times, in microseconds since 1970-01-01T00:00:00Z.
    var times: Range<Int64>
    /// The events' sequence numbers.
    var sequences: Range<UInt64>
}

/// Stretches of event time, ordered and apart from each other.
struct EventSpans: Sendable {
    private let spans: [EventSpan]
    private var last = 0

    init(_ spans: [EventSpan]) { self.spans = spans }

    /// Whether events of a stretch of the log with these times can be in one of them.
    func wants(_ sequences: Range<UInt64>, _ times: ClosedRange<Int64>) -> Bool {
        var index = first(endingAfter: times.lowerBound)
        while index < spans.count, spans[index].times.lowerBound <= times.upperBound {
            if spans[index].sequences.overlaps(sequences) { return true }
            index += 1
        }
        return false
    }

    /// Whether a time is in one of them.
    @inline(__always)
    mutating func contains(_ time: Int64) -> Bool {
        if last < spans.count, spans[last].times.contains(time) { return true }
        let index = first(endingAfter: time)
        guard index < spans.count, spans[index].times.contains(time) else { return false }
        last = index
        return true
    }

    private func first(endingAfter time: Int64) -> Int {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].times.upperBound > time { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
