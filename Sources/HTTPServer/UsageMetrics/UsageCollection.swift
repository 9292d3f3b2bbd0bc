import CloudEvents
import Engine
import Metering

/// Finds what the page of usage shows.
///
/// Two queries a meter, one after the other and the next meter after it, so that a scrape holds one of the engine's readers
/// at a time. Today's comes first: what is counted between the two is then in the month, and no day exceeds its month.
struct UsageCollection: Sendable {
    let metering: any MeteringService
    /// Series on the page, all meters together.
    let seriesLimit: Int
    /// Microseconds since 1970-01-01T00:00:00Z.
    let now: @Sendable () -> Int64

    /// The meters by slug. Throws 503 where the engine cannot answer now: a page with some of the meters would look as if
    /// the others had no usage.
    func collect() async throws -> [MeterUsage] {
        // Before it has recovered, an engine has no meters.
        guard metering.health.recovered else { throw Problem(QueryError.unavailable("meterd is recovering")) }
        let day = LocalDay(containing: Timestamp(microseconds: now()), in: .utc)
        var meters: [MeterUsage] = []
        for record in metering.meters.sorted(by: { $0.meter.slug.precedesBytewise($1.meter.slug) }) {
            guard let usage = try await usage(of: record.meter, on: day) else { continue }
            meters.append(usage)
            // At once, so that never more series are held than are shown. A share only becomes smaller with each meter.
            let shares = SeriesShares.shares(of: meters.map(\.wanted), limit: seriesLimit)
            for (index, share) in shares.enumerated() { meters[index].cut(to: share) }
        }
        return meters
    }

    /// Nil when the meter has just been taken out.
    private func usage(of meter: Meter, on day: LocalDay) async throws -> MeterUsage? {
        do {
            let today = try await rows(of: meter, from: day, to: day.next)
            let month = try await rows(of: meter, from: day.startOfMonth, to: day.startOfNextMonth)
            return MeterUsage(meter, month: month, today: today, seriesLimit: seriesLimit)
        } catch QueryError.unknownMeter {
            return nil
        } catch QueryError.tooLarge(let rows, _) {
            return MeterUsage(meter, omitted: .queryLimit, atLeast: meter.aggregation == .uniqueCount ? 1 : rows)
        } catch QueryError.tooMuch {
            return MeterUsage(meter, omitted: .queryLimit, atLeast: 1)
        } catch QueryError.counting {
            return MeterUsage(meter, omitted: .counting, atLeast: 1)
        } catch QueryError.overflow {
            return MeterUsage(meter, omitted: .overflow, atLeast: 1)
        } catch let error as QueryError {
            throw Problem(error)
        }
    }

    private func rows(of meter: Meter, from: LocalDay, to: LocalDay) async throws -> [UsageRow] {
        try await metering.query(
            UsageQuery(
                meter: meter.slug,
                from: from.start(in: .utc),
                to: to.start(in: .utc),
                groupBy: ["subject"] + meter.groupBy.map(\.name)
            )
        ).rows
    }
}
