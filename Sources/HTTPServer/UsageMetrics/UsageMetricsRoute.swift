import Hummingbird
import NIOCore
import Observability

/// `GET /metrics/usage`: today's and this month's usage of each series, for Prometheus.
struct UsageMetricsRoute: Sendable {
    private let seriesLimit: Int
    private let page: SharedWork<ByteBuffer>

    init(parts: ServerParts) {
        seriesLimit = parts.settings.usageSeriesLimit
        let collection = UsageCollection(
            metering: parts.metering,
            seriesLimit: parts.settings.usageSeriesLimit,
            now: parts.now
        )
        page = SharedWork { UsagePage.render(try await collection.collect()) }
    }

    func show() async throws -> Response {
        guard seriesLimit > 0 else {
            throw Problem(
                status: 404,
                detail: "the page is switched off: the configuration's limit on its series "
                    + "(server.usageMetrics.series) is 0"
            )
        }
        return Response(
            status: .ok,
            headers: [.contentType: MetricsRegistry.contentType],
            body: .init(byteBuffer: try await page.next())
        )
    }
}
