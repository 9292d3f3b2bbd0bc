import CloudEvents
import Foundation
import Hummingbird
import Metering
import NIOCore
import ReportDefinitions

/// `/api/v1/reports/{name}/run` and `/api/v1/reports/{name}/deliveries`.
struct ReportRoutes: Sendable {
    let reports: any ReportService
    /// Bytes of a request body.
    let bodyLimit: Int
    /// Deliveries in an answer.
    static let deliveries = (most: 1000, unlessAsked: 100)

    func run(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.body.collect(upTo: bodyLimit)
        let wanted = try Self.runRequest(body, report: try context.parameters.require("report"))
        let result: ReportRunResult
        do throws(ReportServiceError) {
            result = try await reports.run(wanted)
        } catch {
            throw Problem(error)
        }
        return .json { Self.write(result, &$0) }
    }

    func deliveries(_ request: Request, _ context: APIContext) async throws -> Response {
        let parameters = try QueryParameters(request.uri.query ?? "")
        let limit = try parameters.one("limit").map(Int.init) ?? Self.deliveries.unlessAsked
        guard let limit, (1...Self.deliveries.most).contains(limit) else {
            throw Problem(status: 400, detail: "limit is not a number from 1 to \(Self.deliveries.most)")
        }
        let report = try context.parameters.require("report")
        let records: [DeliveryRecord]
        do throws(ReportServiceError) {
            records = try await reports.deliveries(of: report, limit: limit)
        } catch {
            throw Problem(error)
        }
        return .json { json in
            json.array { json in for record in records { Self.write(record, &json) } }
        }
    }

    /// `{"from": day, "to": day (exclusive), "dryRun": bool}`; without days, whatever is due. Throws 400.
    static func runRequest(_ body: ByteBuffer, report: String) throws(Problem) -> ReportRunRequest {
        guard body.readableBytes > 0 else { return ReportRunRequest(report: report, days: nil, dryRun: false) }
        let allowed = "allowed are from and to (days such as 2025-06-07, both or neither) and dryRun (true or false)"
        guard let object = try? JSONSerialization.jsonObject(with: Data(body.readableBytesView)),
            let members = object as? [String: Any]
        else { throw Problem(status: 400, detail: "the body is not a JSON object; \(allowed)") }
        if let unknown = members.keys.sorted().first(where: { !["from", "to", "dryRun"].contains($0) }) {
            throw Problem(status: 400, detail: "the body has an unknown member \"\(unknown)\"; \(allowed)")
        }
        guard let dryRun = (members["dryRun"] ?? false) as? Bool else {
            throw Problem(status: 400, detail: "dryRun is not true or false")
        }
        let days = try days(members["from"], members["to"], allowed)
        return ReportRunRequest(report: report, days: days, dryRun: dryRun)
    }

    private static func days(_ from: Any?, _ to: Any?, _ allowed: String) throws(Problem) -> Range<LocalDay>? {
        if from == nil, to == nil { return nil }
        guard let from = (from as? String).flatMap(LocalDay.init), let to = (to as? String).flatMap(LocalDay.init)
        else {
            throw Problem(status: 400, detail: "from and to are not two days; \(allowed)")
        }
        guard from < to else { throw Problem(status: 400, detail: "from (\(from)) must be before to (\(to))") }
        return from..<to
    }

    private static func write(_ result: ReportRunResult, _ json: inout JSONWriter) {
        json.object { json in
            json.member("report", result.report)
            json.member("dryRun", result.dryRun)
            json.member("rows", result.rows)
            json.member("bytes", result.bytes)
            json.member("skippedRows", result.skippedRows)
            json.key("openDays")
            json.array { json in for day in result.openDays { json.string(day.description) } }
            json.key("files")
            json.array { json in
                for file in result.files {
                    json.object { json in
                        json.member("key", file.key)
                        json.member("outcome", file.outcome.rawValue)
                        json.member("rows", file.rows)
                        json.member("bytes", file.bytes)
                        json.member("skippedRows", file.skippedRows)
                        json.member("sha256", file.sha256)
                    }
                }
            }
        }
    }

    private static func write(_ record: DeliveryRecord, _ json: inout JSONWriter) {
        json.object { json in
            json.member("report", record.report)
            json.member("period", record.period)
            json.member("revision", record.revision)
            json.member("key", record.key)
            json.member("rows", record.rows)
            json.member("skippedRows", record.skippedRows)
            json.member("bytes", record.bytes)
            json.member("sha256", record.sha256)
            json.key("total")
            json.number(record.total)
            json.key("previousTotal")
            if let previous = record.previousTotal { json.number(previous) } else { json.null() }
            json.member("deliveredAt", record.deliveredAt.description)
        }
    }
}
