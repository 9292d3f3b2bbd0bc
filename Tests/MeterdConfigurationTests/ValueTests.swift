import MeterdConfiguration
import Metering
import ReportDefinitions
import Testing

@Suite("values")
struct ValueTests {
    @Test(
        "sizes are bytes, or units of 1000 and 1024",
        arguments: [
            ("2048", 2048), ("4096B", 4096), ("3kB", 3000), ("3KB", 3000), ("8MB", 8_000_000), ("8 MiB", 8 << 20),
            ("1GB", 1_000_000_000), ("\"512KiB\"", 512 << 10),
        ]
    )
    func sizes(written: String, bytes: Int) throws {
        let text = "server: { limits: { body: \(written), event: 1KiB } }"
        #expect(try Sample.parse(text).server.limits.body == bytes)
    }

    @Test(
        "durations are seconds, minutes, hours or days",
        arguments: [("2851200s", 33), ("47520m", 33), ("792h", 33), ("33d", 33)]
    )
    func durations(written: String, days: Int) throws {
        let text = "storage: { retention: \(written), dedupe: { window: \(written) } }"
        let storage = try Sample.parse(text).storage
        #expect(storage.retentionSeconds == days * 86_400)
        #expect(storage.dedupeWindowDays == days)
    }

    @Test(
        "listen takes names, addresses and port 0",
        arguments: [
            ("localhost:80", "localhost", 80), ("\"[::1]:8888\"", "::1", 8888), ("0.0.0.0:0", "0.0.0.0", 0),
        ]
    )
    func listen(written: String, host: String, port: Int) throws {
        let address = try Sample.parse("server: { listen: \(written), insecure: true }").server.listen
        #expect(address == ListenAddress(host: host, port: port))
        #expect(written.contains(address.description))
    }

    @Test("prefixes are made to end in /, and a report without one has its name's folder")
    func prefixes() throws {
        let configuration = try Sample.parse(
            """
            meters: [{ slug: a, eventType: a, aggregation: COUNT }]
            destinations: { d: { s3: { bucket: abc, region: eu-west-1, prefix: top/inner } } }
            reports:
              - { name: one, format: csv, meter: a, destination: d, prefix: x/y, every: 1h }
              - { name: two, format: csv, meter: a, destination: d, every: 15m }
            """
        )
        #expect(configuration.reports.map(\.prefix) == ["x/y/", "two/"])
        #expect(configuration.reports.map(\.schedule) == [.every(seconds: 3600), .every(seconds: 900)])
        guard case .s3(let bucket) = configuration.destinations[0].kind else {
            Issue.record("no bucket")
            return
        }
        #expect(bucket.prefix == "top/inner/")
    }

    @Test("a report in a zone of quarter hours makes its meter's buckets 15 minutes")
    func buckets() throws {
        let configuration = try Sample.parse(
            """
            meters:
              - { slug: a, eventType: a, aggregation: COUNT }
              - { slug: b, eventType: a, aggregation: COUNT }
              - { slug: c, eventType: a, aggregation: COUNT }
            destinations: { d: { directory: x } }
            reports:
              - { name: one, format: csv, meter: a, destination: d, every: 1h, timeZone: Asia/Kathmandu }
              - { name: two, format: csv, meter: a, destination: d, every: 1h }
              - { name: three, format: csv, meter: b, destination: d, every: 1h, timeZone: America/New_York }
            """
        )
        #expect(configuration.bucketSeconds == ["a": 900, "b": 3600, "c": 3600])
    }

    @Test("a telemetry without more keys has the columns Finout reads everywhere")
    func telemetry() throws {
        let configuration = try Sample.parse(
            """
            meters: [{ slug: a, eventType: a, aggregation: COUNT }]
            destinations: { d: { directory: x } }
            reports: [{ name: usage, format: csv, meter: a, destination: d, cron: "@daily" }]
            """
        )
        let report = try #require(configuration.reports.first)
        #expect(
            report.format
                == .csv(
                    TelemetryFormat(
                        meter: "a",
                        dimensions: [],
                        dateColumn: "date",
                        metricColumn: "usage",
                        dateFormat: .dashed,
                        files: .daily
                    )
                )
        )
        #expect(report.grace == 3600 && report.zone == .utc)
    }

    @Test("an alias stands for a whole value")
    func alias() throws {
        let configuration = try Sample.parse(
            """
            meters:
              - { slug: a, eventType: a, aggregation: COUNT, groupBy: &dimensions { model: $.model } }
              - { slug: b, eventType: b, aggregation: COUNT, groupBy: *dimensions }
            """
        )
        #expect(configuration.meters.map { $0.groupBy.map(\.name) } == [["model"], ["model"]])
    }
}
