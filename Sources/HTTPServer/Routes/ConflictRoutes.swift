import Engine
import Hummingbird

/// `GET /api/v1/conflicts`: events with the source and id of an earlier one and other content, newest first.
struct ConflictRoutes: Sendable {
    let metering: any MeteringService

    /// Conflicts in an answer. Each has two events in it.
    static let conflicts = (most: 100, unlessAsked: 100)

    func list(_ request: APIRequest) async throws -> Response {
        let parameters = request.parameters
        let limit = try parameters.integer("limit", in: 1...Self.conflicts.most) ?? Self.conflicts.unlessAsked
        let before = try parameters.before()
        let records: [ConflictRecord]
        do {
            records = try await metering.conflicts(limit: limit, before: before)
        } catch let error as QueryError {
            throw Problem(error)
        }
        return .json { json in
            json.array { json in for record in records { Self.write(record, &json) } }
        }
    }

    private static func write(_ record: ConflictRecord, _ json: inout JSONWriter) {
        json.object { json in
            json.member("sequence", record.second.sequence)
            json.member("firstSequence", record.firstSequence)
            // The first one stands for the source and the id. Whether a correction took it back is among its corrections.
            json.member("counts", "first")
            json.key("first")
            if let first = record.first { EventJSON.write(first, &json) } else { json.null() }
            json.key("second")
            EventJSON.write(record.second, &json)
        }
    }
}
