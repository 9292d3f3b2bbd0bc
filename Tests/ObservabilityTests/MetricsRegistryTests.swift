import Observability
import Testing

@Suite("The metrics page")
struct MetricsRegistryTests {
    @Test("help and type stand once above all series of a family, families by name, series by labels")
    func order() {
        let registry = MetricsRegistry()
        registry.counter("b_total", help: "Second.", labels: [("route", "z")]).increment(by: 2)
        registry.counter("b_total", help: "Second.", labels: [("route", "a")]).increment()
        registry.gauge("a", help: "First.").set(1.5)
        #expect(
            registry.render() == """
                # HELP a First.
                # TYPE a gauge
                a 1.5
                # HELP b_total Second.
                # TYPE b_total counter
                b_total{route="a"} 1
                b_total{route="z"} 2

                """
        )
    }

    @Test("buckets are cumulative and the last one equals the count")
    func histogram() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram(
            "seconds",
            help: "How long.",
            labels: [("route", "/x")],
            buckets: [0.001, 0.5, 2]
        )
        for value in [0.0005, 0.001, 0.5, 1, 7] { histogram.observe(value) }
        #expect(
            registry.render() == """
                # HELP seconds How long.
                # TYPE seconds histogram
                seconds_bucket{route="/x",le="0.001"} 2
                seconds_bucket{route="/x",le="0.5"} 3
                seconds_bucket{route="/x",le="2"} 4
                seconds_bucket{route="/x",le="+Inf"} 5
                seconds_sum{route="/x"} 8.5015
                seconds_count{route="/x"} 5

                """
        )
    }

    @Test("a quote, a backslash and a line feed are escaped in labels, the last two in help")
    func escaping() {
        let registry = MetricsRegistry()
        registry.gauge("g", help: "a \\ and\na \"quote\"", labels: [("path", "C:\\ \"x\"\n")]).set(0)
        #expect(
            registry.render() == #"""
                # HELP g a \\ and\na "quote"
                # TYPE g gauge
                g{path="C:\\ \"x\"\n"} 0

                """#
        )
    }

    @Test("values that are not finite are written as the format spells them")
    func notFinite() {
        let registry = MetricsRegistry()
        registry.gauge("a", help: "x").set(.nan)
        registry.gauge("b", help: "x").set(.infinity)
        registry.gauge("c", help: "x").set(-.infinity)
        let lines = registry.render().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines == ["a NaN", "b +Inf", "c -Inf"])
    }

    @Test("the same name and labels give the same metric")
    func sameMetric() {
        let registry = MetricsRegistry()
        #expect(registry.counter("a_total", help: "x") === registry.counter("a_total", help: "x"))
    }

    @Test("a metric that is read when the page is rendered shows its newest value")
    func reading() {
        let registry = MetricsRegistry()
        let source = MetricsRegistry().gauge("source", help: "x")
        registry.gauge("depth", help: "x") { source.value }
        registry.counter("read_total", help: "x") { 7 }
        source.set(3)
        #expect(registry.render().contains("\ndepth 3\n"))
        #expect(registry.render().contains("\nread_total 7\n"))
    }

    @Test("a NaN is not an observation")
    func notANumber() {
        let histogram = MetricsRegistry().histogram("h", help: "x", buckets: [1])
        histogram.observe(.nan)
        histogram.observe(.infinity)
        #expect(histogram.count == 1)
    }

    @Test("nothing is lost when four tasks count at once")
    func concurrent() async {
        let registry = MetricsRegistry()
        let counter = registry.counter("a_total", help: "x")
        let gauge = registry.gauge("b", help: "x")
        let histogram = registry.histogram("c", help: "x", buckets: [0.5])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        gauge.add(1)
                        histogram.observe(1)
                    }
                }
            }
        }
        #expect(counter.value == 40_000)
        #expect(gauge.value == 40_000)
        #expect(histogram.count == 40_000)
        #expect(histogram.sum == 40_000)
    }

    @Test("a label's name that the format does not allow stops the program")
    func badLabel() async {
        await #expect(processExitsWith: .failure) {
            _ = MetricsRegistry().counter("a_total", help: "x", labels: [("not-a-name", "v")])
        }
    }
}
