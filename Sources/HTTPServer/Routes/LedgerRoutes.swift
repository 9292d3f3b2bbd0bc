import CloudEvents
import Engine
import Hummingbird
import Metering
import UsageStore

/// `GET /api/v1/ledger`: what became of all events, by day of arrival (UTC), origin and source; or what one meter made of
/// the events of its type.
struct LedgerRoutes: Sendable {
    let metering: any MeteringService

    /// Lines in an answer; where there are more, 400.
    static let maximumLines = 100_000

    func show(_ request: APIRequest) async throws -> Response {
        let days = try request.parameters.days()
        do {
            guard let name = try request.parameters.one("meter") else {
                return Self.answer(try await lines(days), days)
            }
            let meter = try metering.meter(name).meter.slug
            return Self.answer(try await lines(ofMeter: meter, days), ofMeter: meter, days)
        } catch let error as QueryError {
            throw Problem(error)
        }
    }

    private func lines(_ days: Range<LocalDay>?) async throws -> [LedgerLine] {
        let lines = try await metering.ledger(days: days)
        guard lines.count <= Self.maximumLines else {
            throw QueryError.tooLarge(rows: lines.count, limit: Self.maximumLines)
        }
        return lines
    }

    private static func answer(_ lines: [LedgerLine], _ days: Range<LocalDay>?) -> Response {
        var totals = LedgerCounts()
        for line in lines { totals.add(line.counts) }
        return .json { json in
            json.object { json in
                write(days, &json)
                json.key("lines")
                json.array { json in
                    for line in lines {
                        json.object { json in
                            json.member("day", line.day.description)
                            json.member("origin", line.origin.description)
                            json.member("source", line.source)
                            write(line.counts, &json)
                        }
                    }
                }
                json.key("totals")
                json.object { write(totals, &$0) }
            }
        }
    }

    /// The days that were asked for; null for all.
    private static func write(_ days: Range<LocalDay>?, _ json: inout JSONWriter) {
        json.member("from", days?.lowerBound.description)
        json.member("to", days?.upperBound.description)
    }

    private static func write(_ counts: LedgerCounts, _ json: inout JSONWriter) {
        json.member("received", counts.received)
        json.member("stored", counts.stored)
        json.member("rejected", counts.rejected)
        json.member("counted", counts.counted)
        json.member("duplicate", counts.duplicate)
        json.member("conflict", counts.conflict)
        json.member("unmatched", counts.unmatched)
        json.member("invalid", counts.invalid)
        json.member("voided", counts.voided)
        json.member("amended", counts.amended)
    }

    private typealias MeterLine = (day: LocalDay, counts: MeterLedgerCounts)

    private func lines(ofMeter meter: String, _ days: Range<LocalDay>?) async throws -> [MeterLine] {
        try await metering.ledger(ofMeter: meter).sorted { $0.key < $1.key }.compactMap { number, counts in
            let start = Timestamp(microseconds: Int64(number) * 86_400_000_000)
            let day = LocalDay(containing: start, in: .utc)
            return days?.contains(day) ?? true ? (day, counts) : nil
        }
    }

    private static func answer(_ lines: [MeterLine], ofMeter meter: String, _ days: Range<LocalDay>?) -> Response {
        var totals = MeterLedgerCounts()
        for line in lines { totals.add(line.counts) }
        return .json { json in
            json.object { json in
                write(days, &json)
                json.member("meter", meter)
                json.key("lines")
                json.array { json in
                    for line in lines {
                        json.object { json in
                            json.member("day", line.day.description)
                            write(line.counts, &json)
                        }
                    }
                }
                json.key("totals")
                json.object { write(totals, &$0) }
            }
        }
    }

    private static func write(_ counts: MeterLedgerCounts, _ json: inout JSONWriter) {
        json.member("matched", counts.matched)
        json.member("counted", counts.counted)
        json.member("invalid", counts.invalid)
        json.member("withdrawn", counts.withdrawn)
        json.member("restored", counts.restored)
    }
}
