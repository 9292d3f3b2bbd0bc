import CloudEvents
import Engine
import Synchronization
import Testing

@testable import HTTPServer

@Suite("Events, conflicts and corrections over the API")
struct EventRouteTests {
    /// The servers' clock.
    static let now: Int64 = 1_749_283_750_123_456

    static func event(
        _ sequence: UInt64,
        json: String = #"{"id":"1"}"#,
        fate: EventFate = .counted,
        refusals: [StoredEvent.Refusal] = [],
        corrections: [CorrectionRecord] = []
    ) -> StoredEvent {
        StoredEvent(
            sequence: sequence,
            json: Array(json.utf8),
            time: Timestamp(microseconds: 1_000_000),
            arrival: Timestamp(microseconds: 2_500_000),
            origin: .kafka,
            fate: fate,
            refusals: refusals,
            corrections: corrections
        )
    }

    static let correction = CorrectionRecord(
        sequence: 12,
        at: Timestamp(microseconds: 3_000_000),
        kind: .amend,
        eventSequence: 7,
        source: "/s",
        id: "1\n",
        reason: "was \"wrong\"",
        by: "finance",
        meters: ["a", "b"],
        refused: nil
    )
    static let correctionJSON =
        #"{"sequence":12,"at":"1970-01-01T00:00:03Z","kind":"amend","eventSequence":7,"source":"/s","id":"1\n","#
        + #""reason":"was \"wrong\"","by":"finance","meters":["a","b"],"applied":true}"#

    private static func engine(_ events: [StoredEvent]) -> ScriptedEngine {
        var surface = ScriptedSurface()
        surface.events = .success(events)
        return ScriptedEngine(surface: surface)
    }

    @Test("an event is shown byte for byte, with what became of it")
    func events() async throws {
        let json = #"{ "id":"1", "data":{"n":12345678901234567890.10,"t":"\u00e9"} }"#
        let refusals = [
            StoredEvent.Refusal(meter: "a", reason: #"missing value property: "$.v""#),
            .init(meter: nil, reason: "value cannot be NaN"),
            .init(meter: "c", reason: "value cannot be NaN"),
        ]
        let events = [
            Self.event(.max, json: json, fate: .invalid, refusals: refusals),
            Self.event(7, corrections: [Self.correction]),
        ]
        let answer = try await OneRequest.get("/api/v1/events", Self.engine(events))
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        let times = #""ingestedAt":"1970-01-01T00:00:02.5Z","storedAt":"1970-01-01T00:00:02.5Z","#
        #expect(
            answer.body == #"[{"event":"# + json + "," + times
                + #""validationError":"missing value property: \"$.v\"; value cannot be NaN","time":"1970-01-01T00:00:01Z","#
                + #""sequence":18446744073709551615,"origin":"kafka","fate":"invalid","refusals":["#
                + #"{"meter":"a","reason":"missing value property: \"$.v\""},{"meter":null,"reason":"value cannot be NaN"},"#
                + #"{"meter":"c","reason":"value cannot be NaN"}],"corrections":[]},{"event":{"id":"1"},"# + times
                + #""time":"1970-01-01T00:00:01Z","sequence":7,"origin":"kafka","fate":"counted","refusals":[],"#
                + #""corrections":["# + Self.correctionJSON + "]}]"
        )
    }

    private func asked(_ query: String) async throws -> EventListQuery {
        let engine = Self.engine([])
        let answer = try await OneRequest.get("/api/v1/events\(query)", engine)
        #expect(answer.status == 200 && answer.body == "[]", "\(answer.body)")
        return try #require(engine.seen.withLock(\.eventQueries).last)
    }

    @Test("without parameters the last 72 hours are listed, with an earlier end the 72 hours before it")
    func stretch() async throws {
        let day: Int64 = 86_400_000_000
        let usual = Timestamp(microseconds: Self.now - 3 * day)
        let end = try #require(Timestamp("2025-01-10T00:00:00Z"))
        let before = Timestamp(microseconds: end.microseconds - 3 * day)
        let future = try #require(Timestamp("2100-01-01T00:00:00Z"))
        #expect(try await asked("") == EventListQuery(from: usual))
        #expect(try await asked("?to=2025-01-10T00:00:00Z") == EventListQuery(from: before, to: end))
        #expect(try await asked("?to=2100-01-01T00:00:00Z") == EventListQuery(from: usual, to: future))
    }

    @Test("all parameters reach the engine")
    func parameters() async throws {
        let query = try await asked(
            "?id=a%20b&subject=\(UsageQueryTests.encoded)&source=%2Fs&type=t&from=2025-01-02T00:00:00Z&to=2025-01-03T00:00:00Z"
                + "&ingestedAtFrom=2025-01-04T00:00:00Z&ingestedAtTo=2025-01-05T00:00:00Z&invalidOnly=true&limit=7&clientId=x"
                + "&customerId="
        )
        let expected = EventListQuery(
            idContains: "a b",
            subject: UsageQueryTests.subject,
            source: "/s",
            type: "t",
            from: try #require(Timestamp("2025-01-02T00:00:00Z")),
            to: Timestamp("2025-01-03T00:00:00Z"),
            arrivedFrom: Timestamp("2025-01-04T00:00:00Z"),
            arrivedTo: Timestamp("2025-01-05T00:00:00Z"),
            invalidOnly: true,
            limit: 7
        )
        #expect(query == expected)
    }

    @Test(
        "other parameters are 400",
        arguments: [
            ("limit=0", "limit is not a number from 1 to 100"), ("limit=101", "limit is not"),
            ("limit=x", "limit is not"),
            ("limit=%2B5", "limit is not"), ("from=x", "from is not"), ("customerId=x", "no customers"),
            ("from=2025-01-02T00:00:00Z&to=2025-01-02T00:00:00Z", "must be before"), ("invalidOnly=yes", "invalidOnly"),
            ("ingestedAtFrom=2025-01-02T00:00:00Z&ingestedAtTo=2025-01-01T00:00:00Z", "must be before ingestedAtTo"),
            ("id=a&id=b", "id is given more than once"), ("cursor=x", "unknown parameter 'cursor'"), ("id=%00", "null"),
        ]
    )
    func badParameters(_ query: String, _ says: String) async throws {
        let engine = Self.engine([])
        OneRequest.expectProblem(try await OneRequest.get("/api/v1/events?\(query)", engine), 400, says)
        #expect(engine.seen.withLock(\.eventQueries).isEmpty)
    }

    @Test(
        "an engine that cannot list events is an error with its status",
        arguments: [(QueryError.logTooShort("x"), 400), (.unavailable("x"), 503)]
    )
    func errors(_ error: QueryError, _ status: Int) async throws {
        var surface = ScriptedSurface()
        surface.events = .failure(error)
        #expect(try await OneRequest.get("/api/v1/events", ScriptedEngine(surface: surface)).status == status)
    }

    @Test("a conflict shows both events and which one counts; the first may not be in the log any more")
    func conflicts() async throws {
        var surface = ScriptedSurface()
        surface.conflicts = .success([
            ConflictRecord(first: Self.event(3), firstSequence: 3, second: Self.event(9, fate: .conflict)),
            ConflictRecord(first: nil, firstSequence: 1, second: Self.event(8, fate: .conflict)),
        ])
        let engine = ScriptedEngine(surface: surface)
        let answer = try await OneRequest.get("/api/v1/conflicts?limit=2&before=10", engine)
        #expect(answer.status == 200)
        #expect(
            answer.body.hasPrefix(#"[{"sequence":9,"firstSequence":3,"counts":"first","first":{"event":{"id":"1"},"#)
        )
        #expect(answer.body.contains(#""second":{"event":{"id":"1"},"#))
        #expect(answer.body.contains(#"{"sequence":8,"firstSequence":1,"counts":"first","first":null,"second":{"#))
        _ = try await OneRequest.get("/api/v1/conflicts", engine)
        #expect(engine.seen.withLock(\.pages) == [.init(limit: 2, before: 10), .init(limit: 100)])
    }

    @Test(
        "pages have limits",
        arguments: [
            ("conflicts?limit=101", "from 1 to 100"), ("conflicts?limit=0", "from 1 to 100"),
            ("corrections?limit=1001", "from 1 to 1000"),
            ("corrections?before=x", "before is not"), ("conflicts?before=18446744073709551616", "before is not"),
            ("conflicts?from=2025-01-01", "unknown parameter 'from'; the parameters are limit, before"),
        ]
    )
    func badPages(_ target: String, _ says: String) async throws {
        OneRequest.expectProblem(try await OneRequest.get("/api/v1/\(target)"), 400, says)
    }

    @Test("corrections are listed, those that were refused with the reason")
    func corrections() async throws {
        var refused = Self.correction
        refused.refused = "voided already"
        refused.sequence = 13
        refused.kind = .void
        var surface = ScriptedSurface()
        surface.corrections = .success([refused, Self.correction])
        let answer = try await OneRequest.get("/api/v1/corrections", ScriptedEngine(surface: surface))
        #expect(answer.body.hasPrefix(#"[{"sequence":13,"at":"1970-01-01T00:00:03Z","kind":"void","#))
        #expect(answer.body.contains(#""applied":false,"refused":"voided already"},"#))
        #expect(answer.body.hasSuffix(Self.correctionJSON + "]"))
    }

    private static func correcting(_ result: Result<CorrectionRecord, CorrectionError>) -> ScriptedEngine {
        var surface = ScriptedSurface()
        surface.correcting = { _ throws(CorrectionError) in try result.get() }
        return ScriptedEngine(surface: surface)
    }

    @Test("a correction is 201 with its record; the replacement reaches the engine byte for byte")
    func correct() async throws {
        let engine = Self.correcting(.success(Self.correction))
        let replacement = #"{ "data": {"tokens": 1.50, "name": "\u0000é"} }"#
        let bodies = [
            #"{"source":"/s","id":"1\n","reason":"was \"wrong\"","replacement": \#(replacement) }"#,
            #"{"source":"/s","id":"1","reason":"r"}"#,
        ]
        for body in bodies {
            let answer = try await OneRequest.send("POST", "/api/v1/corrections", body: body, engine)
            #expect(answer.status == 201)
            #expect(answer.body == Self.correctionJSON)
        }
        #expect(
            engine.seen.withLock(\.drafts) == [
                CorrectionDraft(source: "/s", id: "1\n", reason: "was \"wrong\"", replacement: Array(replacement.utf8)),
                CorrectionDraft(source: "/s", id: "1", reason: "r"),
            ]
        )
    }

    @Test("a correction bears the name of the token it came with")
    func by() async throws {
        let engine = Self.correcting(.success(Self.correction))
        let answer = try await OneRequest.send(
            "POST",
            "/api/v1/corrections",
            body: #"{"source":"/s","id":"1","reason":"r"}"#,
            headers: "Authorization: Bearer secret\r\n",
            engine
        ) { settings in
            settings.access.tokens = [
                AccessToken(name: "finance", digest: TokenDigest(of: "secret"), scopes: [.admin])
            ]
        }
        #expect(answer.status == 201)
        #expect(engine.seen.withLock(\.drafts).map(\.by) == ["finance"])
    }

    @Test(
        "what is no correction is 400",
        arguments: [
            (#"{"id":"1","reason":"r"}"#, "source is required"), (#"{"source":"s","reason":"r"}"#, "id is required"),
            (#"{"source":"s","id":"1"}"#, "reason is required"),
            (#"{"source":"s","id":"1","reason":""}"#, "reason is required"),
            (#"{"source":"s","id":"1","reason":" \t"}"#, "reason is blank"),
            (#"{"source":"s","id":"1","reason":"r","replacement":null}"#, "replacement is null"),
            (#"{"source":"s","id":1,"reason":"r"}"#, "id is a number"),
            (#"{"source":"s","id":"1","reason":"r","replacement":[]}"#, "replacement is an array"),
            (#"{"source":"s","id":"1","reason":"r","replacement":{"a":1,"a":2}}"#, "stands there twice"),
            (#"{"source":"s","id":"1","reason":"r","by":"me"}"#, #"unknown member \"by\""#),
            (#"{"source":"s","id":"1","reason":"\#(String(repeating: "é", count: 513))"}"#, "longer than 1024 bytes"),
            ("", "empty"),
        ]
    )
    func badCorrections(_ body: String, _ says: String) async throws {
        let engine = Self.correcting(.success(Self.correction))
        OneRequest.expectProblem(
            try await OneRequest.send("POST", "/api/v1/corrections", body: body, engine),
            400,
            says
        )
        #expect(engine.seen.withLock(\.drafts).isEmpty)
    }

    @Test(
        "an error of a correction has its status",
        arguments: [
            (CorrectionError.unknownEvent(source: "s", id: "i"), 404), (.alreadyVoided(correction), 409),
            (.invalid("x"), 400),
            (.impossible("x"), 409), (.refused(.diskLow(retryAfter: 9)), 507),
            (.refused(.queueFull(retryAfter: 9)), 429),
            (.unavailable("x"), 503),
        ]
    )
    func correctionErrors(_ error: CorrectionError, _ status: Int) async throws {
        let body = #"{"source":"s","id":"1","reason":"r"}"#
        let answer = try await OneRequest.send(
            "POST",
            "/api/v1/corrections",
            body: body,
            Self.correcting(.failure(error))
        )
        OneRequest.expectProblem(answer, status, "")
        #expect((answer.headers["retry-after"] != nil) == [429, 503, 507].contains(status))
    }

    @Test("a correction that is in the log and was not applied is 409 and says so")
    func notApplied() async throws {
        var refused = Self.correction
        refused.refused = "another correction came first"
        let body = #"{"source":"s","id":"1","reason":"r"}"#
        let answer = try await OneRequest.send(
            "POST",
            "/api/v1/corrections",
            body: body,
            Self.correcting(.success(refused))
        )
        OneRequest.expectProblem(answer, 409, "in the log as 12, but changes nothing: another correction came first")
    }
}
