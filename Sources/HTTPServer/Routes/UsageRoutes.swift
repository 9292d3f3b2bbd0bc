import Engine
import HTTPTypes
import Hummingbird
import Metering
import NIOCore

/// `/api/v1/meters/{idOrSlug}/query`, by URL and by body.
struct UsageRoutes: Sendable {
    let metering: any MeteringService

    func query(_ request: APIRequest) async throws -> Response {
        let meter = try metering.meter(try request.segment("meter")).meter
        return try await answer(try UsageQueryBuilder(request.parameters).query(meter), to: request)
    }

    /// A query too long for a URL; one without a body asks for everything.
    func queryByBody(_ request: APIRequest) async throws -> Response {
        let meter = try metering.meter(try request.segment("meter")).meter
        let body = try await request.objectIfAny() ?? JSONMembers(nothingAt: "the body")
        return try await answer(try UsageQueryBuilder(body).query(meter), to: request)
    }

    /// Asks the engine, and answers in the format the client wants.
    func answer(_ query: UsageQuery, to request: APIRequest) async throws -> Response {
        let asCSV = try Accepted.prefersCSV(request.request.headers[.accept])
        let result: UsageResult
        do {
            result = try await metering.query(query)
        } catch let error as QueryError {
            throw Problem(error)
        }
        return asCSV ? Self.csv(result, query) : .json { UsageJSON.write(result, query, &$0) }
    }

    private static func csv(_ result: UsageResult, _ query: UsageQuery) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8",
                .contentDisposition: "attachment; filename=\(query.meter).csv",
            ],
            body: .init(byteBuffer: ByteBuffer(string: UsageCSV.text(result, query)))
        )
    }
}
