import CloudEvents
import Engine
import Hummingbird
import Metering

/// `/api/v1/meters` and `/api/v1/meters/{idOrSlug}`.
struct MeterRoutes: Sendable {
    let metering: any MeteringService

    /// Names of the parameters of a list.
    static let listParameters = ["page", "pageSize", "order", "orderBy", "includeDeleted"]
    /// Meters of a page, and pages that can be asked for.
    static let (largestPage, lastPage) = (1000, 1_000_000)
    /// Meters of a page whose size is not given.
    static let usualPage = 100

    func list(_ request: APIRequest) throws -> Response {
        let parameters = request.parameters
        var meters = try metering.knownMeters()
        // Deleted meters are gone, so the answer is the same.
        _ = try parameters.bool("includeDeleted")
        if let precedes = try Self.order(parameters) { meters.sort(by: precedes) }
        let page = try parameters.integer("page", in: 1...Self.lastPage)
        let size = try parameters.integer("pageSize", in: 1...Self.largestPage)
        if page != nil || size != nil {
            let size = size ?? Self.usualPage
            meters = Array(meters.dropFirst(((page ?? 1) - 1) * size).prefix(size))
        }
        return .json { json in
            json.array { json in for record in meters { MeterJSON.write(record, &json) } }
        }
    }

    /// What `orderBy` and `order` ask for; nil when neither is given. Throws 400.
    private static func order(
        _ parameters: QueryParameters
    ) throws(Problem) -> ((MeterRecord, MeterRecord) -> Bool)? {
        let (by, order) = (try parameters.one("orderBy"), try parameters.one("order"))
        guard order == nil || order == "ASC" || order == "DESC" else {
            throw Problem(status: 400, detail: "order is not one of ASC, DESC")
        }
        let key: (MeterRecord) -> (String, Int64)
        switch by {
        case nil where order == nil: return nil
        case nil, "key": key = { _ in ("", 0) }
        case "name": key = { ($0.meter.name, 0) }
        case "aggregation": key = { ($0.meter.aggregation.rawValue, 0) }
        case "createdAt": key = { ("", $0.createdAt.microseconds) }
        case "updatedAt": key = { ("", $0.updatedAt.microseconds) }
        default:
            throw Problem(
                status: 400,
                detail: "orderBy is not one of key, name, aggregation, createdAt, updatedAt"
            )
        }
        // Those that are the same in it are in the order of their slugs.
        func precedes(_ left: MeterRecord, _ right: MeterRecord) -> Bool {
            let (leftKey, rightKey) = (key(left), key(right))
            if leftKey.1 != rightKey.1 { return leftKey.1 < rightKey.1 }
            return [leftKey.0, left.meter.slug].precedeBytewise([rightKey.0, right.meter.slug])
        }
        return order == "DESC" ? { precedes($1, $0) } : precedes
    }

    func one(_ request: APIRequest) throws -> Response {
        let record = try metering.meter(try request.segment("meter"))
        return .json { MeterJSON.write(record, &$0) }
    }

    /// 201, as OpenMeter's clients want it.
    func create(_ request: APIRequest) async throws -> Response {
        let backfill = try request.parameters.bool("backfill")
        let meter = try MeterBody.meter(try await request.object())
        let record = try await Self.refusing { () async throws(MeterChangeError) in
            try await metering.createMeter(meter, backfill: backfill)
        }
        return .json({ MeterJSON.write(record, &$0) }, status: .created)
    }

    func update(_ request: APIRequest) async throws -> Response {
        let meter = try request.segment("meter")
        let change = try MeterBody.change(try await request.object())
        let record = try await Self.refusing { () async throws(MeterChangeError) in
            try await metering.updateMeter(meter, change)
        }
        return .json { MeterJSON.write(record, &$0) }
    }

    func delete(_ request: APIRequest) async throws -> Response {
        let meter = try request.segment("meter")
        try await Self.refusing { () async throws(MeterChangeError) in try await metering.deleteMeter(meter) }
        return Response(status: .noContent)
    }

    private static func refusing<R>(
        _ change: () async throws(MeterChangeError) -> R
    ) async throws(Problem) -> R {
        do throws(MeterChangeError) {
            return try await change()
        } catch {
            throw Problem(error)
        }
    }
}

extension MeteringService {
    /// The meters there are; throws 503 while the log is replayed, when nobody knows them yet.
    func knownMeters() throws(Problem) -> [MeterRecord] {
        let meters = meters
        if meters.isEmpty, !health.recovered { throw Problem(QueryError.unavailable("meterd is recovering")) }
        return meters
    }

    /// The meter with this id or slug; throws 404, or 503 while the log is replayed.
    func meter(_ idOrSlug: String) throws(Problem) -> MeterRecord {
        guard let record = try knownMeters().first(where: { $0.id == idOrSlug || $0.meter.slug == idOrSlug }) else {
            throw Problem(QueryError.unknownMeter(idOrSlug))
        }
        return record
    }
}
