/// What a family measures, as its `# TYPE` line says it.
enum MetricKind: String, Sendable {
    case counter, gauge, histogram
}

/// Where one series gets its numbers.
enum MetricSource: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
    case reading(@Sendable () -> Double)
}

/// The series of one name: one `# HELP`, one `# TYPE`, then every label set.
struct MetricFamily: Sendable {
    let name: String
    let kind: MetricKind
    let help: String
    /// By prerendered labels: `a="b",c="d"`.
    private var series: [String: MetricSource] = [:]

    init(name: String, kind: MetricKind, help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// The source kept for these labels; `made` when there is none yet. A closure replaces an earlier closure.
    mutating func source(for labels: String, _ made: MetricSource) -> MetricSource {
        if let known = series[labels] {
            guard case (.reading, .reading) = (known, made) else { return known }
        }
        series[labels] = made
        return made
    }

    /// Appends the family's lines.
    func render(into page: inout String) {
        page += "# HELP \(name) \(PrometheusText.escapedHelp(help))\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, source) in series.sorted(by: { $0.key < $1.key }) {
            switch source {
            case .counter(let counter): append("", labels, String(counter.value), to: &page)
            case .gauge(let gauge): append("", labels, PrometheusText.number(gauge.value), to: &page)
            case .reading(let read): append("", labels, PrometheusText.number(read()), to: &page)
            case .histogram(let histogram): append(histogram, labels, to: &page)
            }
        }
    }

    private func append(_ histogram: Histogram, _ labels: String, to page: inout String) {
        let counts = histogram.cumulativeCounts
        let prefix = labels.isEmpty ? "" : labels + ","
        for (bound, count) in zip(histogram.bounds, counts) {
            append("_bucket", "\(prefix)le=\"\(PrometheusText.number(bound))\"", String(count), to: &page)
        }
        // One reading of the cells serves the last bucket and the count: the two must agree on one page.
        let total = String(counts[counts.count - 1])
        append("_bucket", "\(prefix)le=\"+Inf\"", total, to: &page)
        append("_sum", labels, PrometheusText.number(histogram.sum), to: &page)
        append("_count", labels, total, to: &page)
    }

    private func append(_ suffix: String, _ labels: String, _ value: String, to page: inout String) {
        page += labels.isEmpty ? "\(name)\(suffix) \(value)\n" : "\(name)\(suffix){\(labels)} \(value)\n"
    }
}
