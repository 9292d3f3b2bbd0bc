import CloudEvents
import Engine
import Hummingbird
import Metering

/// `/api/v1/meters` and `/api/v1/meters/{idOrSlug}`.
struct MeterRoutes: Sendable {
    let metering: any MeteringService

    func list() -> Response {
        let meters = metering.meters
        return .json { json in
            json.array { json in for record in meters { Self.write(record, &json) } }
        }
    }

    func one(_ context: APIContext) throws -> Response {
        let record = try metering.meter(try context.parameters.require("meter"))
        return .json { Self.write(record, &$0) }
    }

    private static func write(_ record: MeterRecord, _ json: inout JSONWriter) {
        let meter = record.meter
        json.object { json in
            json.member("id", record.id)
            json.member("slug", meter.slug)
            json.member("name", meter.name)
            if let description = meter.description { json.member("description", description) }
            json.member("aggregation", meter.aggregation.rawValue)
            json.member("eventType", meter.eventType)
            if let from = meter.eventFrom { json.member("eventFrom", from.description) }
            if let path = meter.valueProperty { json.member("valueProperty", path.description) }
            json.key("groupBy")
            json.object { json in
                for dimension in meter.groupBy { json.member(dimension.name, dimension.path.description) }
            }
            json.key("metadata")
            json.object { json in
                for (key, value) in meter.metadata.sorted(by: { $0.key < $1.key }) { json.member(key, value) }
            }
            json.member("createdAt", record.createdAt.description)
            json.member("updatedAt", record.updatedAt.description)
        }
    }
}

extension MeteringService {
    /// The meter with this id or slug; throws 404.
    func meter(_ idOrSlug: String) throws(Problem) -> MeterRecord {
        guard let record = meters.first(where: { $0.id == idOrSlug || $0.meter.slug == idOrSlug }) else {
            throw Problem(QueryError.unknownMeter(idOrSlug))
        }
        return record
    }
}
