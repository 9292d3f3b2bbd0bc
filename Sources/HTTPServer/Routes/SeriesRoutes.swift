import Engine
import Hummingbird
import Metering

/// `/api/v1/meters/{idOrSlug}/subjects` and `/api/v1/meters/{idOrSlug}/group-by/{dimension}/values`.
struct SeriesRoutes: Sendable {
    let metering: any MeteringService

    /// Texts in an answer; where there are more, 400.
    static let maximumTexts = 100_000

    func subjects(_ request: APIRequest) async throws -> Response {
        let meter = try metering.meter(try request.segment("meter")).meter.slug
        let (from, to) = try request.parameters.times()
        let limit = Self.maximumTexts + 1
        return try await Self.answer {
            try await metering.subjects(ofMeter: meter, from: from, to: to, limit: limit)
        }
    }

    func values(_ request: APIRequest) async throws -> Response {
        let meter = try metering.meter(try request.segment("meter")).meter.slug
        let dimension = try request.segment("dimension")
        let (from, to) = try request.parameters.times()
        let limit = Self.maximumTexts + 1
        return try await Self.answer {
            try await metering.values(ofDimension: dimension, meter: meter, from: from, to: to, limit: limit)
        }
    }

    private static func answer(_ find: () async throws -> [String]) async throws -> Response {
        let texts: [String]
        do {
            texts = try await find()
        } catch let error as QueryError {
            var problem = Problem(error)
            // The dimension stands in the path, so that there is nothing at this path.
            if case .unknownDimension = error { problem.status = 404 }
            throw problem
        }
        guard texts.count <= maximumTexts else {
            throw Problem(QueryError.tooLarge(rows: texts.count, limit: maximumTexts))
        }
        return .json { json in
            json.array { json in for text in texts { json.string(text) } }
        }
    }
}
