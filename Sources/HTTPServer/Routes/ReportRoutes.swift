import CloudEvents
import Hummingbird
import Metering
import NIOCore
import ReportDefinitions

/// `/api/v1/reports/{name}/run` and `/api/v1/reports/{name}/progress`.
struct ReportRoutes: Sendable {
    let reports: any ReportService

    func run(_ request: APIRequest) async throws -> Response {
        // Taken with any content type: it was before there were rules for it.
        let body = try await request.request.body.collect(upTo: request.bodyLimit)
        let wanted = try Self.runRequest(body, report: try request.segment("report"))
        let result: ReportRunResult
        do throws(ReportServiceError) {
            result = try await reports.run(wanted)
        } catch {
            throw Problem(error)
        }
        return .json { Self.write(result, &$0) }
    }

    func progress(_ request: APIRequest) async throws -> Response {
        let report = try request.segment("report")
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
        var members = try APIRequest.object(body)
        let (from, to) = (try members.text("from"), try members.text("to"))
        let dryRun = try members.bool("dryRun") ?? false
        try members.finish()
        let days = try Days.between(from, to)
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
