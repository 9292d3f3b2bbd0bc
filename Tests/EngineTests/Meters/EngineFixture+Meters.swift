import Engine
import Foundation
import Metering
import Testing
import UsageStore

extension EngineFixture {
    /// A meter as it is shown; nil when there is none.
    func record(_ slug: String) -> MeterRecord? { engine.meters.first { $0.meter.slug == slug } }

    /// Waits until a count from the log is over.
    func filled(_ slug: String, within limit: Duration = .seconds(60)) async throws -> BackfillProgress {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let progress = try #require(record(slug)?.backfill, "\(slug) was never asked to be counted")
            if progress.state != .running { return progress }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw FillingTooLong(slug: slug)
    }

    struct FillingTooLong: Error {
        var slug: String
    }

    /// Why a meter is not made; nil when it was.
    func refusal(creating meter: MeterRequest, backfill: Bool = false) async -> MeterChangeError? {
        do throws(MeterChangeError) {
            _ = try await engine.createMeter(meter.meter, backfill: backfill)
            return nil
        } catch {
            return error
        }
    }

    func refusal(updating slug: String, _ change: MeterChange = MeterChange()) async -> MeterChangeError? {
        do throws(MeterChangeError) {
            _ = try await engine.updateMeter(slug, change)
            return nil
        } catch {
            return error
        }
    }

    func refusal(deleting slug: String) async -> MeterChangeError? {
        do throws(MeterChangeError) {
            try await engine.deleteMeter(slug)
            return nil
        } catch {
            return error
        }
    }

    /// The sums of promise 4, of every line and every meter.
    func checkSums(_ note: String = "") async throws {
        for (key, counts) in try await engine.ledger() {
            #expect(
                counts.stored == counts.counted + counts.duplicate + counts.unmatched + counts.invalid,
                "\(key) \(counts) \(note)"
            )
            let least = [counts.counted, counts.unmatched, counts.invalid, counts.duplicate].min() ?? 0
            #expect(least >= 0, "\(key) \(counts) \(note)")
        }
        for meter in engine.meters where meter.meter.aggregation == .count && meter.backfill?.state != .running {
            let lines = try await engine.ledger(ofMeter: meter.meter.slug)
            let shown = try await rows(meter.meter.slug, window: .hour).reduce(0) { $0 + $1.events }
            #expect(lines.values.reduce(0) { $0 + $1.total } == Int(shown), "\(meter.meter.slug) \(note)")
        }
    }
}
