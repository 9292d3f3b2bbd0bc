import CloudEvents
import Engine
import Hummingbird
import Metering

/// `GET /api/v1/rejected`: the messages of streams that were no events, newest first.
struct RejectedRoutes: Sendable {
    let metering: any MeteringService
    /// Messages in an answer.
    static let messages = (most: Engine.listedRejections, unlessAsked: 100)

    func list(_ request: APIRequest) async throws -> Response {
        let parameters = request.parameters
        let origin = try Self.origin(parameters)
        let limit = try parameters.integer("limit", in: 1...Self.messages.most) ?? Self.messages.unlessAsked
        let before = try parameters.before()
        let found: [StoredRejection]
        do {
            found = try await metering.rejectedMessages(origin: origin, limit: limit, before: before)
        } catch let error as QueryError {
            throw Problem(error)
        }
        return .json { json in
            json.array { json in for rejection in found { Self.write(rejection, &json) } }
        }
    }

    private static func origin(_ parameters: QueryParameters) throws(Problem) -> IngestOrigin {
        switch try parameters.one("source") {
        case nil, IngestOrigin.kafka.description: return .kafka
        case IngestOrigin.http.description:
            throw Problem(
                status: 400,
                detail:
                    "requests refused over HTTP are not kept: each was answered with the reason, and they are counted "
                    + "in the ledger; source can be kafka"
            )
        case .some(let other):
            throw Problem(status: 400, detail: "source \"\(other)\" is not one meterd has; source can be kafka")
        }
    }

    private static func write(_ rejection: StoredRejection, _ json: inout JSONWriter) {
        let message = rejection.message
        // Neither a cluster's name nor a topic's has a slash.
        let slash = message.source.firstIndex(of: "/") ?? message.source.endIndex
        json.object { json in
            json.member("sequence", rejection.sequence)
            json.member("source", rejection.origin.description)
            json.member("cluster", String(message.source[..<slash]))
            json.member("topic", String(message.source[slash...].dropFirst()))
            json.member("partition", Int(message.partition))
            json.member("offset", Int(message.offset))
            json.member("time", message.time.flatMap(rfc3339))
            json.member("receivedAt", rfc3339(rejection.arrival))
            json.member("reason", message.reason)
            json.member("key", bytes: message.key)
            json.key("headers")
            json.array { json in
                for header in message.headers {
                    json.object { json in
                        json.member("name", header.name)
                        json.member("value", bytes: header.value)
                    }
                }
            }
            json.member("value", bytes: message.value)
            json.member("valueLength", message.valueLength)
            json.member("truncated", message.isTruncated)
        }
    }

    /// The time as text; nil outside of the years RFC 3339 can write, which a message can claim to be from.
    private static func rfc3339(_ microseconds: Int64) -> String? {
        let text = Timestamp(microseconds: microseconds).description
        return Timestamp(text) == nil ? nil : text
    }
}
