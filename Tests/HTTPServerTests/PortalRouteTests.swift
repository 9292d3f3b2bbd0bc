import CloudEvents
import Engine
import Metering
import Synchronization
import Testing

@testable import HTTPServer

@Suite("The portal over the API")
struct PortalRouteTests {
    /// Seconds of the servers' clock.
    static let now: Int64 = 1_749_283_750

    private static func engine(secret: Result<[UInt8], EngineError> = .success(Array(0..<32))) throws -> ScriptedEngine
    {
        var surface = ScriptedSurface()
        surface.secret = secret
        let window = TimeWindow(start: Timestamp(microseconds: 0), end: Timestamp(microseconds: 60_000_000))
        let row = UsageRow(window: window, subject: "s", dimensions: [], value: try ExactDecimal("1"))
        let result = UsageResult(from: nil, to: nil, windowSize: nil, dimensionNames: [], rows: [row])
        let record = MeterRouteTests.record
        let other = MeterRecord(
            id: "2",
            meter: try Meter.made("other"),
            createdAt: record.createdAt,
            updatedAt: record.updatedAt
        )
        return ScriptedEngine(meters: [record, other], usage: .success(result), surface: surface)
    }

    private static func tokens(_ secret: [UInt8] = Array(0..<32)) throws -> PortalTokens {
        PortalTokens(try #require(PortalSecret(secret)))
    }

    private func text(_ name: String, of body: String) throws -> String {
        let members = try JSONParser.value(Array(body.utf8))
        var object = try JSONMembers(members, "the answer")
        return try object.requiredText(name)
    }

    @Test("a token is made for a subject, for a day, and says so")
    func make() async throws {
        let engine = try Self.engine()
        let body = #"{"subject":"a\"b/日本","allowedMeterSlugs":["tokens_total"]}"#
        let answer = try await OneRequest.send("POST", "/api/v1/portal/tokens", body: body, engine)
        #expect(answer.status == 200, "\(answer.body)")
        let id = try text("id", of: answer.body)
        let token = try text("token", of: answer.body)
        #expect(id.utf8.count == 32)
        #expect(
            answer.body == #"{"id":"\#(id)","subject":"a\"b/日本","allowedMeterSlugs":["tokens_total"],"#
                + #""createdAt":"2025-06-07T08:09:10Z","expiresAt":"2025-06-08T08:09:10Z","expired":false,"token":"\#(token)"}"#
        )
        let claims = try Self.tokens().verify(token, now: Self.now)
        #expect(claims.subject == "a\"b/日本" && claims.meters == ["tokens_total"])
        #expect(claims.expiresAt == Self.now + 86_400)
        #expect(engine.seen.withLock(\.secrets) == [PortalRoutes.secretName])
    }

    @Test("a token lives as long as it is asked to, within the longest life")
    func life() async throws {
        func make(_ end: String, longest: Int64 = 7 * 86_400) async throws -> RawClient.Answer {
            let body = #"{"subject":"s","expiresAt":"\#(end)"}"#
            return try await OneRequest.send("POST", "/api/v1/portal/tokens", body: body, try Self.engine()) {
                $0.access.portal.maximumLife = longest
            }
        }
        let good = try await make("2025-06-14T10:09:10+02:00")
        #expect(try text("expiresAt", of: good.body) == "2025-06-14T08:09:10Z")
        OneRequest.expectProblem(try await make("2025-06-14T08:09:11Z"), 400, "more than 604800 seconds")
        OneRequest.expectProblem(try await make("2025-06-07T08:09:10Z"), 400, "not in the future")
        OneRequest.expectProblem(try await make("9999-12-31T23:59:59Z"), 400, "more than 604800 seconds")
        let short = try await OneRequest.send(
            "POST",
            "/api/v1/portal/tokens",
            body: #"{"subject":"s"}"#,
            try Self.engine()
        ) {
            $0.access.portal.maximumLife = 60
        }
        #expect(try text("expiresAt", of: short.body) == "2025-06-07T08:10:10Z")
    }

    @Test(
        "what is no token is 400",
        arguments: [
            ("{}", "subject is required"), (#"{"subject":""}"#, "subject is required"),
            (#"{"subject":1}"#, "subject is a number"),
            (#"{"subject":"s","allowedMeterSlugs":[]}"#, "allowedMeterSlugs is an empty array"),
            (#"{"subject":"s","allowedMeterSlugs":["x"]}"#, #"no meter has the slug \"x\""#),
            (#"{"subject":"s","allowedMeterSlugs":"tokens_total"}"#, "is a text and not an array"),
            (#"{"subject":"s","expiresAt":"soon"}"#, "expiresAt is not an RFC 3339"),
            (#"{"subject":"s","token":"t"}"#, "unknown member"),
            (#"{"subject":"\#(String(repeating: "s", count: 9000))"}"#, "longer than 8192 bytes"), ("", "empty"),
        ]
    )
    func badToken(_ body: String, _ says: String) async throws {
        OneRequest.expectProblem(
            try await OneRequest.send("POST", "/api/v1/portal/tokens", body: body, try Self.engine()),
            400,
            says
        )
    }

    private func query(_ target: String, token: String, _ engine: ScriptedEngine) async throws -> RawClient.Answer {
        try await OneRequest.get(
            "/api/v1/portal/meters/\(target)",
            engine,
            headers: "Authorization: Bearer \(token)\r\n"
        )
    }

    private func token(_ subject: String = "s", meters: [String]? = nil, ends: Int64 = now + 60) throws -> String {
        try Self.tokens().sign(PortalClaims(id: "1", subject: subject, meters: meters, issuedAt: nil, expiresAt: ends))
    }

    @Test("a portal query is for the token's subject alone, with all other parameters of a query")
    func portalQuery() async throws {
        let engine = try Self.engine()
        let target = "tokens_total/query?groupBy=model&filterGroupBy[model]=x&windowSize=DAY&from=2025-06-01T00:00:00Z"
        let answer = try await query(target, token: try token("a\"b/日本"), engine)
        #expect(answer.status == 200, "\(answer.body)")
        #expect(
            engine.lastQuery
                == UsageQuery(
                    meter: "tokens_total",
                    from: Timestamp("2025-06-01T00:00:00Z"),
                    windowSize: .day,
                    subjects: ["a\"b/日本"],
                    groupBy: ["subject", "model"],
                    filters: ["model": .equal("x")]
                )
        )
    }

    @Test("a token cannot ask for other subjects, nor for meters it does not allow, nor by id")
    func bounds() async throws {
        let engine = try Self.engine()
        let token = try token(meters: ["tokens_total"])
        OneRequest.expectProblem(
            try await query("tokens_total/query?subject=other", token: token, engine),
            400,
            "unknown parameter 'subject'"
        )
        OneRequest.expectProblem(try await query("other/query", token: token, engine), 403, "does not allow")
        for parameter in ["groupBy=$", "groupBy=$.cost", "filterGroupBy%5B$.cost%5D=1"] {
            OneRequest.expectProblem(
                try await query("tokens_total/query?\(parameter)", token: token, engine),
                400,
                "the meter's own dimensions"
            )
        }
        let id = MeterRouteTests.record.id
        OneRequest.expectProblem(try await query("\(id)/query", token: try self.token(), engine), 404, "no meter has")
        OneRequest.expectProblem(try await query("none/query", token: try self.token(), engine), 404, "no meter has")
        #expect(engine.lastQuery == nil)
        #expect(try await query("tokens_total/query", token: token, engine).status == 200)
        #expect(try await query("other/query", token: try self.token(), engine).status == 200)
    }

    @Test("without a good token it is 401 and says how to ask")
    func unauthorized() async throws {
        let engine = try Self.engine()
        let foreign = try Self.tokens(Array(1...32)).sign(PortalClaims(id: "", subject: "s", expiresAt: Self.now + 60))
        let tokens = [foreign, try token(ends: Self.now), "x", try token() + "x"]
        for token in tokens {
            let answer = try await query("tokens_total/query", token: token, engine)
            OneRequest.expectProblem(answer, 401, "")
            #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
        }
        let bare = try await OneRequest.get("/api/v1/portal/meters/tokens_total/query", engine)
        OneRequest.expectProblem(bare, 401, "needs a token of the portal")
        #expect(engine.lastQuery == nil)
    }

    @Test("the configuration's key signs where there is one, and the engine is not asked")
    func configuredKey() async throws {
        let engine = try Self.engine(secret: .failure(.store("the disk is gone")))
        let key: [UInt8] = Array(100..<140)
        let answer = try await OneRequest.send("POST", "/api/v1/portal/tokens", body: #"{"subject":"s"}"#, engine) {
            $0.access.portal.secret = PortalSecret(key)
        }
        let token = try text("token", of: answer.body)
        #expect(try Self.tokens(key).verify(token, now: Self.now).subject == "s")
    }

    @Test("a key that cannot be read is 503")
    func noKey() async throws {
        let engine = try Self.engine(secret: .failure(.store("the disk is gone")))
        let answer = try await OneRequest.send("POST", "/api/v1/portal/tokens", body: #"{"subject":"s"}"#, engine)
        OneRequest.expectProblem(answer, 503, "the disk is gone")
    }
}
