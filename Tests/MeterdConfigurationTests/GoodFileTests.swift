import CloudEvents
import Foundation
import MeterdConfiguration
import Metering
import ReportDefinitions
import Testing

@Suite("good files")
struct GoodFileTests {
    @Test("an empty file is the defaults", arguments: ["", "# nothing\n", "server:\nmeters:\n", "{}"])
    func defaults(text: String) throws {
        let configuration = try Sample.parse(text)
        #expect(configuration.server.listen == ListenAddress(host: "127.0.0.1", port: 8888))
        #expect(configuration.server.profile == .openmeter)
        #expect(configuration.server.limits == .init(body: 8 << 20, events: 10_000, event: 256 << 10))
        #expect(configuration.server.usageMetrics.seriesLimit == 10_000)
        #expect(
            configuration.storage
                == StorageSettings(
                    directory: "var/meterd",
                    retentionSeconds: 35 * 86_400,
                    reserveBytes: 512 << 20,
                    dedupeWindowDays: 32
                )
        )
        #expect(configuration.log == LogSettings(format: .text, level: .info))
        #expect(configuration.meters.isEmpty && configuration.reports.isEmpty && configuration.prices.isEmpty)
    }

    @Test("the issue's example loads")
    func issue() throws {
        let configuration = try Sample.parse(Sample.fixture("issue.yaml"))
        #expect(configuration.meters.map(\.slug) == ["tokens_total"])
        #expect(configuration.destinations.map(\.name) == ["local", "finout"])
        let profile = try #require(configuration.focusProfiles["tokens_total"])
        #expect(profile.serviceName == .constant("Example AI"))
        #expect(profile.serviceCategory == "AI and Machine Learning")
        #expect(profile.serviceSubcategory == "Other (AI and Machine Learning)")
        #expect(profile.publisher == .constant("Example Metering"))
        #expect(profile.subAccountID == .subject)
        #expect(profile.tags == [.init(key: "model", value: .dimension("model"))])
        let price = try #require(configuration.prices.first)
        #expect(price.list == Rates(unitPrice: try ExactDecimal("0.002")) && price.contracted == price.list)
        #expect(!price.dependsOnMonth && price.overrides.isEmpty)
        #expect(price.consumedUnit == "Tokens" && price.per == ExactDecimal(1000) && price.currency == "USD")
        #expect(configuration.bucketSeconds == ["tokens_total": 3600])
    }

    @Test("demo.yaml loads with no environment")
    func demo() throws {
        let file = Sample.package.appending(path: "config/demo.yaml").path
        let configuration = try Configuration.load(file: file, environment: [:])
        #expect(configuration.reports.map(\.name) == ["tokens", "focus"])
        #expect(configuration.reports.map(\.prefix) == ["tokens/", "focus/"])
        #expect(configuration.reports.allSatisfy { $0.schedule == .every(seconds: 3600) })
        #expect(configuration.focusProfiles.keys.sorted() == ["requests_total", "tokens_total"])
    }

    @Test("meterd.yaml loads, with secrets from the environment")
    func full() throws {
        let file = Sample.package.appending(path: "config/meterd.yaml").path
        let configuration = try Configuration.load(file: file, environment: Sample.environment)
        let own = try #require(configuration.destinations.first { $0.name == "own-server" })
        guard case .s3(let bucket) = own.kind else {
            Issue.record("own-server is no bucket")
            return
        }
        #expect(bucket.credentials?.secretAccessKey == "example-secret")
        #expect(bucket.pathStyle && bucket.endpoint == "http://127.0.0.1:9000")
        #expect(configuration.prices.count == 3)
        #expect(configuration.prices[0].list.tiers.count == 3 && configuration.prices[0].overrides.count == 2)
        #expect(configuration.reports.count == 7)
    }

    @Test("a meters: block of OpenMeter's files pastes in unchanged")
    func openMeter() throws {
        let configuration = try Sample.parse(Sample.fixture("openmeter-meters.yaml"))
        #expect(configuration.meters.count == 4)
        #expect(configuration.meters[3].aggregation == .max)
        #expect(configuration.meters[0].groupBy.map(\.name) == ["method", "route"])
        #expect(configuration.meters[0].name == "api_requests_total")
    }
}
