import CloudEvents
import Engine
import HTTPTypes
import Hummingbird
import Metering
import Synchronization

/// `/api/v1/portal`: tokens that let a subject see its own usage, and the queries they are for.
final class PortalRoutes: Sendable {
    private let parts: ServerParts
    /// The engine's key, once it was asked for.
    private let kept = Mutex<PortalSecret?>(nil)

    /// What the key is called in the engine that signs tokens when the configuration has none.
    static let secretName = "portal tokens"

    init(parts: ServerParts) {
        self.parts = parts
    }

    /// `{"subject", "allowedMeterSlugs"?, "expiresAt"?}`
    func make(_ request: APIRequest) async throws -> Response {
        var body = try await request.object()
        let subject = try body.requiredText("subject")
        let meters = try body.texts("allowedMeterSlugs")
        let end = try body.time("expiresAt")
        try body.finish()
        try check(meters)
        let now = parts.now()
        let claims = PortalClaims(
            id: String(format: parts.random(), parts.random()),
            subject: subject,
            meters: meters,
            issuedAt: now / 1_000_000,
            expiresAt: try expiry(end, now: now)
        )
        let token = try tokens().sign(claims)
        guard token.utf8.count <= PortalTokens.longest else {
            throw Problem(
                status: 400,
                detail: "the token would be longer than \(PortalTokens.longest) bytes; allow fewer meters, or all"
            )
        }
        return .json { Self.write(claims, token, &$0) }
    }

    /// Throws 400 where meters are named that there are not, and where none is: nobody could use such a token.
    private func check(_ meters: [String]?) throws(Problem) {
        guard let meters else { return }
        guard !meters.isEmpty else {
            throw Problem(status: 400, detail: "allowedMeterSlugs is an empty array; leave it out to allow all meters")
        }
        let known = Set(try parts.metering.knownMeters().map(\.meter.slug))
        guard let unknown = meters.first(where: { !known.contains($0) }) else { return }
        throw Problem(status: 400, detail: "allowedMeterSlugs: no meter has the slug \"\(unknown)\"")
    }

    /// Seconds since 1970-01-01T00:00:00Z at which the token ends; throws 400.
    private func expiry(_ wanted: Timestamp?, now: Int64) throws(Problem) -> Int64 {
        let longest = parts.access.current.portal.maximumLife
        guard let wanted else { return now / 1_000_000 + min(PortalSettings.defaultLife, longest) }
        guard wanted.microseconds > now else {
            throw Problem(status: 400, detail: "expiresAt (\(wanted)) is not in the future")
        }
        let end = wanted.microseconds / 1_000_000
        guard end - now / 1_000_000 <= longest else {
            throw Problem(status: 400, detail: "expiresAt is more than \(longest) seconds from now, the longest life")
        }
        return end
    }

    private func tokens() throws -> PortalTokens {
        if let secret = parts.access.current.portal.secret ?? kept.withLock({ $0 }) { return PortalTokens(secret) }
        let bytes: [UInt8]
        do throws(EngineError) {
            bytes = try parts.metering.secret(named: Self.secretName)
        } catch {
            throw Problem(
                status: 503,
                detail: "the key for tokens cannot be read: \(error)",
                headers: [("Retry-After", "1")]
            )
        }
        guard let secret = PortalSecret(bytes) else { preconditionFailure("the engine's secrets are long enough") }
        kept.withLock { $0 = secret }
        return PortalTokens(secret)
    }

    private static func write(_ claims: PortalClaims, _ token: String, _ json: inout JSONWriter) {
        func time(_ seconds: Int64) -> String { Timestamp(microseconds: seconds * 1_000_000).description }
        json.object { json in
            json.member("id", claims.id)
            json.member("subject", claims.subject)
            if let meters = claims.meters {
                json.key("allowedMeterSlugs")
                json.array { json in for meter in meters { json.string(meter) } }
            }
            if let made = claims.issuedAt { json.member("createdAt", time(made)) }
            json.member("expiresAt", time(claims.expiresAt))
            json.member("expired", false)
            json.member("token", token)
        }
    }

    /// `GET /api/v1/portal/meters/{slug}/query` for the token's subject alone.
    func query(_ request: APIRequest) async throws -> Response {
        let claims = try tokens().claims(
            of: request.request.headers[values: .authorization],
            now: parts.now() / 1_000_000
        )
        let slug = try request.segment("meter")
        if let allowed = claims.meters, !allowed.contains(slug) {
            throw Problem(status: 403, detail: "the token does not allow the meter \"\(slug)\"")
        }
        guard let record = try parts.metering.knownMeters().first(where: { $0.meter.slug == slug }) else {
            throw Problem(QueryError.unknownMeter(slug))
        }
        let query = try UsageQueryBuilder(request.parameters).query(record.meter, subject: claims.subject)
        // The data of the events is not the holder's to read: it may say what they cost, or who else is concerned.
        if let path = (query.groupBy + query.filters.keys.sorted()).first(where: { $0.hasPrefix("$") }) {
            throw Problem(
                status: 400,
                detail: "\(path): the portal splits usage by the meter's own dimensions and by nothing else"
            )
        }
        return try await UsageRoutes(metering: parts.metering).answer(query, to: request)
    }
}

extension String {
    /// 32 hexadecimal digits.
    fileprivate init(format high: UInt64, _ low: UInt64) {
        self = [high, low].map { number in
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
