import Engine
import Hummingbird
import Metering
import NIOCore

/// `GET /api/v1/debug/metrics`: events of today (UTC, by the event's time, duplicates aside) by subject, as OpenMetrics text
/// (https://prometheus.io/docs/specs/om/open_metrics_spec/).
struct DebugMetricsRoute: Sendable {
    let metering: any MeteringService

    func show(_ request: APIRequest) async throws -> Response {
        let today: (day: LocalDay, bySubject: [(String, Int)], others: Int)
        do {
            today = try await metering.eventsToday()
        } catch let error as QueryError {
            throw Problem(error)
        }
        return Response(
            status: .ok,
            headers: [.contentType: Self.contentType(request.request.headers[.accept])],
            body: .init(byteBuffer: Self.page(today.bySubject, others: today.others))
        )
    }

    /// Prometheus asks for OpenMetrics by name; OpenMeter's clients ask for plain text, which it is too.
    private static func contentType(_ accept: String?) -> String {
        accept?.lowercased().contains("application/openmetrics-text") == true
            ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; charset=utf-8"
    }

    private static func page(_ subjects: [(subject: String, events: Int)], others: Int) -> ByteBuffer {
        var page = ByteBuffer()
        page.writeString("# HELP openmeter_events Events of today (UTC) by subject.\n# TYPE openmeter_events counter\n")
        for (subject, events) in subjects {
            var label: [UInt8] = []
            label.append(labelValue: subject)
            page.writeStaticString("openmeter_events_total{subject=\"")
            page.writeBytes(label)
            page.writeString("\"} \(events)\n")
        }
        if others > 0 {
            page.writeString("# HELP openmeter_other_events Events of today (UTC) of subjects beyond those listed.\n")
            page.writeString("# TYPE openmeter_other_events counter\nopenmeter_other_events_total \(others)\n")
        }
        page.writeStaticString("# EOF\n")
        return page
    }
}
