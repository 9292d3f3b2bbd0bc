import CloudEvents
import Engine
import Foundation
import Metering
import Testing
import UsageStore

extension EngineFixture {
    /// The source of the sample events.
    static let source = "example/service"

    @discardableResult
    func void(_ id: String, reason: String = "sent by mistake") async throws -> CorrectionRecord {
        try await engine.correct(CorrectionDraft(source: Self.source, id: id, reason: reason, by: "finance"))
    }

    @discardableResult
    func amend(_ id: String, _ replacement: String) async throws -> CorrectionRecord {
        try await engine.correct(
            CorrectionDraft(
                source: Self.source,
                id: id,
                reason: "wrong numbers",
                replacement: Array(replacement.utf8),
                by: "finance"
            )
        )
    }

    /// Why a correction is not made.
    func refusal(_ draft: CorrectionDraft) async -> CorrectionError? { await engine.refusal(draft) }

    func refusal(voiding id: String) async -> CorrectionError? {
        await refusal(CorrectionDraft(source: Self.source, id: id, reason: "sent by mistake"))
    }

    func refusal(amending id: String, _ replacement: String) async -> CorrectionError? {
        let replacement = Array(replacement.utf8)
        return await refusal(
            CorrectionDraft(source: Self.source, id: id, reason: "wrong numbers", replacement: replacement)
        )
    }

    /// An engine that counts this one's log from its beginning, with the same meters as this one has now.
    func countedAnew() async throws -> EngineFixture {
        _ = try await engine.ledger()
        let copy = directory + "-anew-\(UUID().uuidString)"
        try copyLog(to: copy)
        let requests = engine.meters.map { MeterRequest(meter: $0.meter, bucketSeconds: 3600) }
        let fixture = try EngineFixture(requests, directory: copy)
        fixture.clock.now = clock.now
        return fixture
    }

    /// What is kept of each of these meters: hours by subject and dimension.
    func rows(of slugs: [String]) async throws -> [String: [UsageRow]] {
        var rows: [String: [UsageRow]] = [:]
        for slug in slugs {
            let dimensions = engine.meters.first { $0.meter.slug == slug }?.meter.groupBy.map(\.name) ?? []
            rows[slug] = try await self.rows(slug, window: .hour, groupBy: ["subject"] + dimensions)
        }
        return rows
    }
}

extension Engine {
    /// Why a correction is not made; nil when it was.
    func refusal(_ draft: CorrectionDraft) async -> CorrectionError? {
        do throws(CorrectionError) {
            _ = try await correct(draft)
            return nil
        } catch {
            return error
        }
    }
}

extension Sample {
    /// A meter for each way to count, all of the same events.
    static let everyAggregation = Aggregation.allCases.map { aggregation in
        meter(
            "by_" + aggregation.rawValue.lowercased(),
            aggregation,
            value: aggregation == .count ? nil : "$.tokens",
            groupBy: ["model": "$.model"]
        )
    }
}
