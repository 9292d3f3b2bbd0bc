import Charges
import Metering
import ReportDefinitions

/// How one charge becomes a row. A format may remember what it wrote, since each file begins with a fresh copy.
protocol ChargeFormat: Sendable {
    var layout: FileLayout { get }

    /// Appends the row of a charge.
    mutating func append(_ charge: FocusCharge, of meter: String, to bytes: inout [UInt8]) throws(ReportContentError)
}

/// A report of charges in some format: what each series of each meter used on each day, and what it costs.
struct ChargeEncoder<Format: ChargeFormat>: ReportEncoder {
    let meters: [PricedMeter]
    let format: Format

    var layout: FileLayout { format.layout }

    func rows(of days: [LocalDay], closedDays: [LocalDay], usage: any DayUsage) -> any ReportRows {
        ChargeRows(meters: meters, format: format, closedDays: closedDays, usage: usage)
    }
}

extension ReportCatalog {
    /// The meters of a report, each once, sorted by the bytes of their slugs.
    func pricedMeters(_ slugs: [String]) throws(ReportDefinitionProblem) -> [PricedMeter] {
        var meters: [PricedMeter] = []
        for slug in Set(slugs).sorted(by: { $0.precedesBytewise($1) }) {
            meters.append(try PricedMeter(slug: slug, in: self))
        }
        return meters
    }
}

/// The rows of a file of charges. Each meter's billing month goes on from day to day.
private struct ChargeRows<Format: ChargeFormat>: ReportRows {
    private let meters: [PricedMeter]
    private var format: Format
    private let closedDays: [LocalDay]
    private let usage: any DayUsage
    /// Of each meter: where its month stands.
    private var months: [Month?]

    /// A month that is under way.
    private struct Month {
        var period: BillingPeriod
        var charges: ChargeMonth
        /// The last day whose charges were made.
        var last: LocalDay
    }

    init(meters: [PricedMeter], format: Format, closedDays: [LocalDay], usage: any DayUsage) {
        self.meters = meters
        self.format = format
        self.closedDays = closedDays
        self.usage = usage
        months = meters.map { _ in nil }
    }

    mutating func next(_ day: LocalDay) async throws -> [MeterDay] {
        var result: [MeterDay] = []
        for (index, meter) in meters.enumerated() {
            var month = try await month(of: index, at: day)
            let rows = try await usage.rows(meter: meter.meter.slug, days: day..<day.next, groupBy: meter.groupBy)
            result.append(try meterDay(meter, day, rows, &month.charges))
            month.last = day
            months[index] = month
        }
        return result
    }

    /// Takes a meter's month out, so that there is one copy of its quantities, or begins it.
    private mutating func month(of index: Int, at day: LocalDay) async throws -> Month {
        let current = months[index]
        months[index] = nil
        if let current, goesOn(current, to: day) { return current }
        return try await begin(meters[index], at: day)
    }

    /// Whether no closed day lies between a month's last day and another of the same month.
    private func goesOn(_ month: Month, to day: LocalDay) -> Bool {
        month.period == BillingPeriod(containing: day) && month.last < day
            && !closedDays.contains { month.last < $0 && $0 < day }
    }

    /// Asks for the month's quantities where the meter's prices depend on them.
    private func begin(_ meter: PricedMeter, at day: LocalDay) async throws -> Month {
        let period = BillingPeriod(containing: day)
        let slug = meter.meter.slug
        var before: [UsageRow] = []
        if meter.dependsOnMonth, period.first < day {
            before = try await usage.rows(meter: slug, days: period.first..<day, groupBy: ["subject"])
        }
        var totals: [UsageRow] = []
        if meter.needsMonthTotals {
            let last = closedDays.last { BillingPeriod(containing: $0) == period }
            let end = max(last ?? day, day).next
            totals = try await usage.rows(meter: slug, days: period.first..<end, groupBy: ["subject"])
        }
        do {
            return Month(
                period: period,
                charges: try ChargeMonth(meter: meter, before: before, totals: totals),
                last: day
            )
        } catch {
            throw ReportContentError.charge(error)
        }
    }

    private mutating func meterDay(
        _ meter: PricedMeter,
        _ day: LocalDay,
        _ rows: [UsageRow],
        _ month: inout ChargeMonth
    ) throws(ReportContentError) -> MeterDay {
        var result = MeterDay(meter: meter.meter.slug)
        let made: DayCharges
        do {
            made = try month.charges(on: day, rows: rows)
        } catch {
            throw .charge(error)
        }
        result.skippedRows = made.skippedRows
        result.events = made.events
        for charge in made.charges {
            try format.append(charge, of: result.meter, to: &result.bytes)
            result.rowEnds.append(result.bytes.count)
            do {
                try result.totals.add(charge.billedCost, currency: charge.currency)
            } catch {
                throw .overflow("the sum of BilledCost of meter \(result.meter) on \(day)")
            }
        }
        return result
    }
}
