import Engine
import Logging
import Metering
import Observability
import UsageStore

extension Engine {
    /// The slug of the meter that benchmarks count with.
    static let benchMeter = "tokens_total"

    /// An engine with one meter of the generated events: the sum of tokens by model and type.
    convenience init(benchmarking settings: EngineSettings) throws {
        let tokens = try Meter(
            slug: Self.benchMeter,
            name: Self.benchMeter,
            description: nil,
            eventType: "prompt",
            eventFrom: nil,
            aggregation: .sum,
            valueProperty: ValuePath("$.tokens"),
            groupBy: [
                Dimension(name: "model", path: ValuePath("$.model")),
                Dimension(name: "type", path: ValuePath("$.type")),
            ],
            metadata: [:]
        )
        try self.init(
            settings: settings,
            meters: [MeterRequest(meter: tokens, bucketSeconds: 3600)],
            registry: MetricsRegistry(),
            logger: Logger(label: "meterd-bench"),
            onFailure: { print("failed: \($0)") }
        )
    }
}
