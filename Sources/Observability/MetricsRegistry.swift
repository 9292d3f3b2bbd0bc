import Synchronization

/// All metrics of the process, and the page that shows them.
///
/// Metrics are asked for once, at start or when a label first appears, and kept by whoever counts; counting takes no
/// lock. Asking again for the same name and labels gives the same metric.
public final class MetricsRegistry: Sendable {
    private let families = Mutex<[String: MetricFamily]>([:])

    /// Makes an empty registry.
    public init() {}

    /// A counter; its name ends in `_total` by convention.
    public func counter(_ name: String, help: String, labels: [(String, String)] = []) -> Counter {
        let made = Counter()
        return register(name, .counter, help, labels, .counter(made)) {
            if case .counter(let known) = $0 { known } else { nil }
        }
    }

    /// A counter whose total is kept elsewhere and read when the page is rendered.
    public func counter(
        _ name: String,
        help: String,
        labels: [(String, String)] = [],
        read: @escaping @Sendable () -> Int
    ) {
        register(name, .counter, help, labels, .reading { Double(read()) }) { _ in () }
    }

    /// A gauge.
    public func gauge(_ name: String, help: String, labels: [(String, String)] = []) -> Gauge {
        let made = Gauge()
        return register(name, .gauge, help, labels, .gauge(made)) {
            if case .gauge(let known) = $0 { known } else { nil }
        }
    }

    /// A gauge that is read when the page is rendered; `read` must not block.
    public func gauge(
        _ name: String,
        help: String,
        labels: [(String, String)] = [],
        read: @escaping @Sendable () -> Double
    ) {
        register(name, .gauge, help, labels, .reading(read)) { _ in () }
    }

    /// A histogram with the given inclusive upper bounds, ascending and finite; `+Inf` is added to the page.
    public func histogram(
        _ name: String,
        help: String,
        labels: [(String, String)] = [],
        buckets: [Double] = Histogram.latencyBounds
    ) -> Histogram {
        precondition(!buckets.isEmpty && buckets.allSatisfy(\.isFinite), "\(name): bounds are finite, one at least")
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }, "\(name): bounds ascend")
        precondition(!labels.contains { $0.0 == "le" }, "\(name): the label le is the bucket's own")
        let made = Histogram(bounds: buckets)
        return register(name, .histogram, help, labels, .histogram(made)) {
            if case .histogram(let known) = $0 { known } else { nil }
        }
    }

    /// The page, `text/plain; version=0.0.4; charset=utf-8`: families by name, series by their labels.
    public func render() -> String {
        // The lock is not held while reading closures run: they may take other locks, or ask for a metric.
        let sorted = families.withLock { $0.values.sorted { $0.name < $1.name } }
        var page = ""
        for family in sorted { family.render(into: &page) }
        return page
    }

    /// The content type of the page.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    @discardableResult
    private func register<Metric>(
        _ name: String,
        _ kind: MetricKind,
        _ help: String,
        _ labels: [(String, String)],
        _ made: MetricSource,
        _ known: (MetricSource) -> Metric?
    ) -> Metric {
        precondition(PrometheusText.isMetricName(name), "\"\(name)\" is not a metric name")
        precondition(labels.allSatisfy { PrometheusText.isLabelName($0.0) }, "\(name): a label's name is not allowed")
        let key = PrometheusText.labelPairs(labels)
        let source = families.withLock { families in
            precondition(
                families[name]?.kind ?? kind == kind,
                "\(name) is a \(families[name]?.kind.rawValue ?? "") already"
            )
            return families[name, default: MetricFamily(name: name, kind: kind, help: help)].source(for: key, made)
        }
        guard let metric = known(source) else {
            preconditionFailure("\(name){\(key)} is read from a closure or counted, not both")
        }
        return metric
    }
}
