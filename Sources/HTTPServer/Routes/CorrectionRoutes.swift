import CloudEvents
import Engine
import Hummingbird

/// `/api/v1/corrections`: what was put right, newest first, and putting an event right.
struct CorrectionRoutes: Sendable {
    let metering: any MeteringService

    /// Corrections in an answer.
    static let corrections = (most: 1000, unlessAsked: 100)

    func list(_ request: APIRequest) async throws -> Response {
        let parameters = request.parameters
        let limit = try parameters.integer("limit", in: 1...Self.corrections.most) ?? Self.corrections.unlessAsked
        let before = try parameters.before()
        let records: [CorrectionRecord]
        do {
            records = try await metering.corrections(limit: limit, before: before)
        } catch let error as QueryError {
            throw Problem(error)
        }
        return .json { json in
            json.array { json in for record in records { CorrectionJSON.write(record, &json) } }
        }
    }

    /// `{"source", "id", "reason"}` voids an event, with `"replacement": {…}` amends it.
    func make(_ request: APIRequest) async throws -> Response {
        let draft = try Self.draft(
            try await request.object(),
            by: request.request.headers.accessTokenName ?? ""
        )
        let record: CorrectionRecord
        do throws(CorrectionError) {
            record = try await metering.correct(draft)
        } catch {
            throw Problem(error)
        }
        if let reason = record.refused {
            throw Problem(
                status: 409,
                detail: "the correction is in the log as \(record.sequence), but changes nothing: \(reason)"
            )
        }
        return .json({ CorrectionJSON.write(record, &$0) }, status: .created)
    }

    private static func draft(_ body: JSONMembers, by name: String) throws(Problem) -> CorrectionDraft {
        var body = body
        let source = try body.requiredText("source")
        let id = try body.requiredText("id")
        let reason = try body.requiredText("reason")
        guard reason.utf8.count <= CorrectionDraft.longestReason else {
            throw Problem(status: 400, detail: "reason is longer than \(CorrectionDraft.longestReason) bytes")
        }
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw Problem(status: 400, detail: "reason is blank; it stays beside the event for good, so say why")
        }
        guard !body.isNull("replacement") else {
            throw Problem(status: 400, detail: "replacement is null; leave it out to void the event")
        }
        let replacement = body.take("replacement")
        if let replacement { _ = try JSONMembers(replacement, "replacement") }
        try body.finish()
        return CorrectionDraft(
            source: source,
            id: id,
            reason: reason,
            replacement: replacement.map { Array($0.text) },
            by: name
        )
    }
}

/// A correction as the API shows it.
enum CorrectionJSON {
    static func write(_ record: CorrectionRecord, _ json: inout JSONWriter) {
        json.object { json in
            json.member("sequence", record.sequence)
            json.member("at", record.at.description)
            json.member("kind", record.kind.rawValue)
            json.member("eventSequence", record.eventSequence)
            json.member("source", record.source)
            json.member("id", record.id)
            json.member("reason", record.reason)
            json.member("by", record.by)
            json.key("meters")
            json.array { json in for meter in record.meters { json.string(meter) } }
            json.member("applied", record.refused == nil)
            if let refused = record.refused { json.member("refused", refused) }
        }
    }
}
