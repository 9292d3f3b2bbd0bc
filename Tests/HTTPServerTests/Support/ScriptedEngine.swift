import CloudEvents
import Engine
import HTTPServer
import Metering
import Synchronization

/// An engine that decodes for real and answers as a test tells it to.
final class ScriptedEngine: MeteringService {
    typealias Answer = Result<Void, AppendRefusal>

    /// What was asked of the rejected messages.
    struct Listing: Equatable {
        var origin: IngestOrigin?
        var limit: Int
        var before: UInt64?
    }

    /// What it has been given.
    struct Seen {
        var ids: [String] = []
        var rejected = 0
        var queries: [UsageQuery] = []
        var listings: [Listing] = []
        var changes: [Change] = []
        var textQueries: [TextQuery] = []
        var eventQueries: [EventListQuery] = []
        var pages: [Page] = []
        var drafts: [CorrectionDraft] = []
        var days: [Range<LocalDay>?] = []
        var secrets: [String] = []
        var held: [(id: String, completion: @Sendable (Answer) -> Void)] = []
    }

    let seen = Mutex(Seen())
    let meters: [MeterRecord]
    let surface: ScriptedSurface
    private let profile: Profile
    private let limits: DecodeLimits
    /// Whether completions wait for `release`.
    private let holds: Bool
    private let answer: Answer
    private let usage: @Sendable (UsageQuery) async throws -> UsageResult
    private let rejections: Result<[StoredRejection], QueryError>
    private let state: Mutex<EngineHealth>

    init(
        profile: Profile = .openmeter,
        limits: DecodeLimits = DecodeLimits(events: 100, event: 4096, depth: 64),
        meters: [MeterRecord] = [],
        answer: Answer = .success(()),
        holds: Bool = false,
        usage: Result<UsageResult, QueryError> = .failure(.unavailable("no usage in this test")),
        rejections: Result<[StoredRejection], QueryError> = .success([]),
        surface: ScriptedSurface = ScriptedSurface(),
        answering: (@Sendable (UsageQuery) async throws -> UsageResult)? = nil
    ) {
        self.profile = profile
        self.limits = limits
        self.meters = meters
        self.surface = surface
        self.answer = answer
        self.holds = holds
        self.usage = answering ?? { _ in try usage.get() }
        self.rejections = rejections
        state = Mutex(
            EngineHealth(
                recovered: true,
                failure: nil,
                diskLow: false,
                applyLagEvents: 3,
                applyStalledSeconds: 0,
                checkpointAge: 1
            )
        )
    }

    var health: EngineHealth {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    /// The ids of all events taken, in order.
    var ids: [String] { seen.withLock(\.ids) }
    var rejected: Int { seen.withLock(\.rejected) }
    var heldCount: Int { seen.withLock(\.held.count) }
    var lastListing: Listing? { seen.withLock(\.listings.last) }
    var lastQuery: UsageQuery? { seen.withLock(\.queries.last) }
    var queries: [UsageQuery] { seen.withLock(\.queries) }

    func makeDecoder() -> EventDecoder { EventDecoder(profile: profile, limits: limits) }

    func append(
        _ batch: EventBatch,
        origin: IngestOrigin,
        completion: @escaping @Sendable (Result<Void, AppendRefusal>) -> Void
    ) {
        let ids = (0..<batch.count).map { batch.string(.id, of: $0) ?? "" }
        seen.withLock { seen in
            seen.ids += ids
            if holds { seen.held.append((ids.first ?? "", completion)) }
        }
        if !holds { completion(answer) }
    }

    /// Completes what is held; the newest first when `reversed`.
    func release(reversed: Bool = false, as answer: Answer = .success(())) {
        let held = seen.withLock { seen in
            let taken = seen.held
            seen.held = []
            return taken
        }
        for (_, completion) in reversed ? held.reversed() : held { completion(answer) }
    }

    func reject(count: Int, origin: IngestOrigin) {
        seen.withLock { $0.rejected += count }
    }

    func query(_ query: UsageQuery) async throws -> UsageResult {
        seen.withLock { $0.queries.append(query) }
        return try await usage(query)
    }

    func rejectedMessages(origin: IngestOrigin?, limit: Int, before: UInt64?) async throws -> [StoredRejection] {
        seen.withLock { $0.listings.append(Listing(origin: origin, limit: limit, before: before)) }
        return Array(try rejections.get().filter { $0.sequence < before ?? .max }.prefix(limit))
    }
}
