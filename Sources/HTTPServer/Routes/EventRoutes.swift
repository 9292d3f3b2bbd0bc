import CloudEvents
import Engine
import Hummingbird

/// `GET /api/v1/events`: events of the log with what became of them, newest first.
struct EventRoutes: Sendable {
    let metering: any MeteringService
    /// Microseconds since 1970-01-01T00:00:00Z.
    let now: @Sendable () -> Int64

    /// Names of the parameters; `clientId` and `customerId` are OpenMeter's.
    static let parameters = [
        "id", "subject", "source", "type", "from", "to", "ingestedAtFrom", "ingestedAtTo", "invalidOnly", "limit",
        "clientId", "customerId",
    ]
    /// Events in an answer.
    static let events = (most: 100, unlessAsked: 100)
    /// Microseconds before now, or before `to` if that is earlier, from which events are listed unless `from` is given.
    static let usualStretch: Int64 = 72 * 3_600_000_000

    func list(_ request: APIRequest) async throws -> Response {
        let query = try query(request.parameters)
        let events: [StoredEvent]
        do {
            events = try await metering.events(query)
        } catch let error as QueryError {
            throw Problem(error)
        }
        return .json { json in
            json.array { json in for event in events { EventJSON.write(event, &json) } }
        }
    }

    private func query(_ parameters: QueryParameters) throws(Problem) -> EventListQuery {
        let to = try parameters.time("to")
        let end = min(to?.microseconds ?? .max, now())
        let from = try parameters.time("from") ?? Timestamp(microseconds: end - Self.usualStretch)
        let (arrivedFrom, arrivedTo) = (try parameters.time("ingestedAtFrom"), try parameters.time("ingestedAtTo"))
        if let to, from >= to {
            throw Problem(status: 400, detail: "from (\(from)) must be before to (\(to))")
        }
        if let arrivedFrom, let arrivedTo, arrivedFrom >= arrivedTo {
            throw Problem(
                status: 400,
                detail: "ingestedAtFrom (\(arrivedFrom)) must be before ingestedAtTo (\(arrivedTo))"
            )
        }
        guard parameters.all("customerId").allSatisfy(\.isEmpty) else {
            throw Problem(status: 400, detail: "customerId: meterd has no customers; ask for events of a subject")
        }
        return EventListQuery(
            idContains: try parameters.one("id"),
            subject: try parameters.one("subject"),
            source: try parameters.one("source"),
            type: try parameters.one("type"),
            from: from,
            to: to,
            arrivedFrom: arrivedFrom,
            arrivedTo: arrivedTo,
            invalidOnly: try parameters.bool("invalidOnly"),
            limit: try parameters.integer("limit", in: 1...Self.events.most) ?? Self.events.unlessAsked
        )
    }
}
