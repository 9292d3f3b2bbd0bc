import CloudEvents
import Engine
import HTTPServer
import Metering
import UsageStore

/// What the API asks beyond events and usage; each is the engine's own, once the log is replayed.
extension EngineService {
    func rejectedMessages(origin: IngestOrigin?, limit: Int, before: UInt64?) async throws -> [StoredRejection] {
        try await running().rejectedMessages(origin: origin, limit: limit, before: before)
    }

    func createMeter(_ meter: Meter, backfill: Bool) async throws(MeterChangeError) -> MeterRecord {
        try await changing().createMeter(meter, backfill: backfill)
    }

    func updateMeter(_ idOrSlug: String, _ change: MeterChange) async throws(MeterChangeError) -> MeterRecord {
        try await changing().updateMeter(idOrSlug, change)
    }

    func deleteMeter(_ idOrSlug: String) async throws(MeterChangeError) {
        try await changing().deleteMeter(idOrSlug)
    }

    func subjects(ofMeter slug: String, from: Timestamp?, to: Timestamp?, limit: Int) async throws -> [String] {
        try await running().subjects(ofMeter: slug, from: from, to: to, limit: limit)
    }

    func values(
        ofDimension dimension: String,
        meter slug: String,
        from: Timestamp?,
        to: Timestamp?,
        limit: Int
    ) async throws -> [String] {
        try await running().values(ofDimension: dimension, meter: slug, from: from, to: to, limit: limit)
    }

    func events(_ query: EventListQuery) async throws -> [StoredEvent] { try await running().events(query) }

    func conflicts(limit: Int, before: UInt64?) async throws -> [ConflictRecord] {
        try await running().conflicts(limit: limit, before: before)
    }

    func corrections(limit: Int, before: UInt64?) async throws -> [CorrectionRecord] {
        try await running().corrections(limit: limit, before: before)
    }

    func correct(_ draft: CorrectionDraft) async throws(CorrectionError) -> CorrectionRecord {
        let engine: Engine
        do {
            engine = try running()
        } catch {
            throw .unavailable(error.description)
        }
        return try await engine.correct(draft)
    }

    func ledger(days: Range<LocalDay>?) async throws -> [LedgerLine] { try await running().ledger(days: days) }

    func ledger(ofMeter slug: String) async throws -> [Int32: MeterLedgerCounts] {
        try await running().ledger(ofMeter: slug)
    }

    func eventsToday() async throws -> (day: LocalDay, bySubject: [(String, Int)], others: Int) {
        try await running().eventsToday()
    }

    func secret(named name: String) throws(EngineError) -> [UInt8] {
        do {
            return try running().secret(named: name)
        } catch let error as EngineError {
            throw error
        } catch {
            throw .store("\(error)")
        }
    }

    private func changing() throws(MeterChangeError) -> Engine {
        do {
            return try running()
        } catch {
            throw .unavailable(error.description)
        }
    }
}
