import CloudEvents
import Foundation
import Hummingbird
import Metering
import NIOCore
import ReportDefinitions

/// `/api/v1/reports/{name}/run` and `/api/v1/reports/{name}/progress`.
struct ReportRoutes: Sendable {
    let reports: any ReportService
    /// Bytes of a request body.
    let bodyLimit: Int

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

    func progress(_ request: Request, _ context: APIContext) async throws -> Response {
        try QueryParameters(request.uri.query ?? "").allow()
        let report = try context.parameters.require("report")
        let progress: ReportProgress?
        do throws(ReportServiceError) {
            progress = try await reports.progress(of: report)
        } catch {
            throw Problem(error)
        }
        return .json { Self.write(progress, of: report, &$0) }
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
        // What is no text is no day either.
        func day(_ name: String) -> String? { members[name].map { $0 as? String ?? "" } }
        let days = try Days.between(day("from"), day("to"))
        return ReportRunRequest(report: report, days: days, dryRun: dryRun)
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
            json.key("warnings")
            json.array { json in for warning in result.warnings { json.string(warning) } }
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

    private static func write(_ progress: ReportProgress?, of report: String, _ json: inout JSONWriter) {
        json.object { json in
            json.member("report", report)
            json.member("running", progress != nil)
            guard let progress else { return }
            json.member("dryRun", progress.dryRun)
            json.member("period", progress.period)
            json.member("files", progress.files)
            json.member("filesDone", progress.filesDone)
            json.member("days", progress.days)
            json.member("daysDone", progress.daysDone)
            json.member("rows", progress.rows)
            json.member("began", progress.began.description)
        }
    }
}
