import Metering

/// What the page of usage shows of one meter.
struct MeterUsage {
    /// One series.
    struct Series: Hashable {
        /// Its labels as they stand on the page between the braces, in UTF-8.
        var labels: [UInt8]
        var month: ExactDecimal
        /// Nil where nothing was measured: there is no mean, smallest, largest or latest of no events.
        var today: ExactDecimal?
    }

    /// Why series are left out.
    enum Reason: String, CaseIterable {
        /// The page has room for so many series, and others had a better claim.
        case seriesLimit = "series_limit"
        /// The series' labels are too long.
        case labelLimit = "label_limit"
        /// The engine answers no query with so many series, or so many different values.
        case queryLimit = "query_limit"
        /// A sum of the meter has more than 38 digits.
        case overflow
        /// The meter is new and what is in the log is still being counted.
        case counting
    }

    let slug: String
    /// The first ones of those that may be shown, in the order of their subjects' and dimensions' bytes.
    private(set) var series: [Series] = []
    /// How many may be shown.
    private(set) var wanted = 0
    private var omittedForGood: [Reason: Int] = [:]

    /// Bytes of a series' labels; with the limit on the series this bounds the page.
    static let labelLimit = 4096

    /// A meter with usage.
    ///
    /// - Parameters:
    ///   - month: this month's usage of each series.
    ///   - today: today's, of the same series or some of them.
    ///   - seriesLimit: series to keep.
    init(_ meter: Meter, month: [UsageRow], today: [UsageRow], seriesLimit: Int) {
        slug = meter.slug
        let labels = SeriesLabels(meter)
        let zero: ExactDecimal? = [.sum, .count, .uniqueCount, .weightedSum].contains(meter.aggregation) ? .zero : nil
        var today = today[...]
        for row in month {
            let text = labels.text(of: row)
            guard text.count <= Self.labelLimit else {
                omittedForGood[.labelLimit, default: 0] += 1
                continue
            }
            wanted += 1
            guard series.count < seriesLimit else { continue }
            // Both are in the same order.
            let parts = row.parts
            while let first = today.first, first.parts.precedeBytewise(parts) { _ = today.popFirst() }
            let isToday = today.first.map { !parts.precedeBytewise($0.parts) } ?? false
            series.append(Series(labels: text, month: row.value, today: isToday ? today.first?.value : zero))
        }
    }

    /// A meter that has usage, but none that can be shown.
    init(_ meter: Meter, omitted reason: Reason, atLeast count: Int) {
        slug = meter.slug
        omittedForGood[reason] = count
    }

    /// Leaves out all series but the first ones.
    mutating func cut(to count: Int) {
        if series.count > count { series.removeLast(series.count - count) }
    }

    /// How many series are left out for a reason.
    func omitted(_ reason: Reason) -> Int {
        reason == .seriesLimit ? wanted - series.count : omittedForGood[reason] ?? 0
    }
}

extension UsageRow {
    /// What tells the series from others.
    fileprivate var parts: [String] { [subject ?? ""] + dimensions }
}
