import CloudEvents
import Hummingbird
import Metering
import ReportDefinitions

/// `/api/v1/reports/{name}/deliveries`: what was delivered, the latest first.
struct DeliveryRoutes: Sendable {
    let reports: any ReportService
    /// Deliveries in an answer.
    static let deliveries = (most: 1000, unlessAsked: 100)

    func list(_ request: APIRequest) async throws -> Response {
        let parameters = request.parameters
        let limit = try parameters.integer("limit", in: 1...Self.deliveries.most) ?? Self.deliveries.unlessAsked
        let before = try Self.before(parameters)
        let report = try request.segment("report")
        let records: [DeliveryRecord]
        do throws(ReportServiceError) {
            records = try await reports.deliveries(of: report, limit: limit, before: before)
        } catch {
            throw Problem(error)
        }
        return .json { json in
            json.array { json in for record in records { Self.write(record, &json) } }
        }
    }

    /// The delivery that those asked for stand behind: its period, a dot, its revision. Throws 400.
    static func before(_ parameters: QueryParameters) throws(Problem) -> (period: String, revision: Int)? {
        guard let text = try parameters.one("before") else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, isPeriod(parts[0]), let revision = Int(parts[1]), revision > 0, parts[1].first != "+"
        else {
            throw Problem(
                status: 400,
                detail: "before is not a delivery's period, a dot and its revision, such as 2025-06-07.2; "
                    + "give those of the last one of the page before"
            )
        }
        return (String(parts[0]), revision)
    }

    /// A day, a billing month, or `all`.
    private static func isPeriod(_ text: Substring) -> Bool {
        text == "all" || LocalDay(String(text)) != nil || LocalDay(text + "-01") != nil
    }

    private static func write(_ record: DeliveryRecord, _ json: inout JSONWriter) {
        let totals = totals(of: record)
        json.object { json in
            json.member("report", record.report)
            json.member("period", record.period)
            json.member("revision", record.revision)
            json.member("key", record.objects.first?.key)
            json.key("objects")
            json.array { json in for object in record.objects { write(object, &json) } }
            json.member("rows", record.rows)
            json.member("skippedRows", record.skippedRows)
            json.member("bytes", record.objects.reduce(0) { $0 + $1.bytes })
            json.member("sha256", record.objects.first?.sha256)
            json.member("events", record.events.map(ExactDecimal.init(count:)))
            json.member("eventsSince", record.eventsSince.map(ExactDecimal.init))
            json.key("totals")
            json.array { json in for total in totals { write(total, &json) } }
            // One number says nothing where there are several currencies.
            let isOne = totals.count <= 1
            json.member("total", isOne ? totals.first?.total ?? .zero : nil)
            json.member(
                "previousTotal",
                isOne && record.previousTotals != nil ? totals.first?.previousTotal ?? .zero : nil
            )
            json.member("deliveredAt", record.deliveredAt.description)
        }
    }

    private static func write(_ object: DeliveredObject, _ json: inout JSONWriter) {
        json.object { json in
            json.member("key", object.key)
            json.member("rows", object.rows)
            json.member("bytes", object.bytes)
            json.member("sha256", object.sha256)
        }
    }

    private struct Total {
        var currency: String?
        var total: ExactDecimal
        var previousTotal: ExactDecimal?
    }

    /// A total for each currency that this revision or the one before has.
    private static func totals(of record: DeliveryRecord) -> [Total] {
        let now = record.totals.amounts.map(\.currency)
        let before = record.previousTotals?.amounts.map(\.currency) ?? []
        let currencies = now + before.filter { !now.contains($0) }
        return currencies.sorted { ($0 ?? "") < ($1 ?? "") }.map { currency in
            Total(
                currency: currency,
                total: record.totals.value(of: currency),
                previousTotal: record.previousTotals?.value(of: currency)
            )
        }
    }

    private static func write(_ total: Total, _ json: inout JSONWriter) {
        json.object { json in
            json.member("currency", total.currency)
            json.member("total", total.total)
            json.member("previousTotal", total.previousTotal)
            json.member("rounded", total.currency.map { Currency.rounded(total.total, of: $0) })
        }
    }
}
