public import Metering
import ReportDefinitions

/// One meter's way through one billing month: usage in, a day after the other, charges out.
///
/// Tiers and allowances count a subject's units since the month began, all its series together, in the order of days, then
/// of series by their bytes. A price that begins in mid-month goes on where the month stands. Usage below zero moves
/// back and gives back what the last units cost. No number is rounded. After an error the month is of no use any more.
public struct ChargeMonth: Sendable {
    /// The most subjects of one meter and month that tiers and allowances count. They take about 100 bytes each.
    public static let subjectLimit = 5_000_000

    private let meter: PricedMeter
    private let subjectLimit: Int
    /// By subject: consumed units since the month began.
    private var positions: [SubjectKey: ExactDecimal] = [:]
    /// By subject: consumed units of all the month's closed days.
    private var totals: [SubjectKey: ExactDecimal] = [:]
    private var tables: [TableKey: PartTable] = [:]
    private var lastDay: LocalDay?

    /// What parts depend on.
    private struct TableKey: Hashable {
        var price: Int
        var contracted: Int
        var listPick: Int
        var contractedPick: Int
    }

    /// Begins a month.
    /// - Parameters:
    ///   - before: by subject, what was used in the month before the first day that will be asked for; none is needed
    ///     unless ``PricedMeter/dependsOnMonth``.
    ///   - totals: by subject, what was used on all the month's closed days; none is needed unless
    ///     ``PricedMeter/needsMonthTotals``.
    public init(meter: PricedMeter, before: [UsageRow], totals: [UsageRow]) throws(ChargeError) {
        try self.init(meter: meter, before: before, totals: totals, subjectLimit: Self.subjectLimit)
    }

    init(meter: PricedMeter, before: [UsageRow], totals: [UsageRow], subjectLimit: Int) throws(ChargeError) {
        self.meter = meter
        self.subjectLimit = subjectLimit
        if meter.dependsOnMonth { positions = try bySubject(before) }
        if meter.needsMonthTotals { self.totals = try bySubject(totals) }
    }

    /// The charges of the next day that has usage.
    /// - Parameters:
    ///   - day: later than the last one, in the same month.
    ///   - rows: grouped by ``PricedMeter/groupBy``, in any order.
    public mutating func charges(on day: LocalDay, rows: [UsageRow]) throws(ChargeError) -> DayCharges {
        precondition(
            lastDay.map { $0 < day && $0.startOfMonth == day.startOfMonth } ?? true,
            "days of a month, in order"
        )
        lastDay = day
        var result = DayCharges()
        for row in rows { result.events += row.events }
        let used = Self.inOrder(rows.filter { $0.value != .zero })
        result.skippedRows = rows.count - used.count
        // A day without usage needs no price.
        guard !used.isEmpty else { return result }
        let today = try DayPricing(day: day, meter: meter)
        result.charges.reserveCapacity(used.count)
        var walk: SubjectWalk?
        for row in used {
            let subject = row.subject ?? ""
            var current: SubjectWalk
            if let walk, walk.key.subject.hasSameBytes(as: subject) {
                current = walk
            } else {
                if let walk { try leave(walk) }
                current = try enter(subject, today)
            }
            try current.charge(row, today, &result.charges)
            walk = current
        }
        if let walk { try leave(walk) }
        return result
    }

    /// Finds where a subject stands and what its units cost on a day.
    private mutating func enter(_ subject: String, _ today: DayPricing) throws(ChargeError) -> SubjectWalk {
        let key = SubjectKey(subject)
        let price = meter.prices[today.priceIndex]
        let contracted = price.overrides.isEmpty ? 0 : price.overrides[key] ?? 0
        var tableKey = TableKey(price: today.priceIndex, contracted: contracted, listPick: 0, contractedPick: 0)
        if price.list.needsMonthTotal || price.contracted[contracted].needsMonthTotal {
            guard let total = totals[key] else {
                throw .noMonthTotal(meter: meter.meter.slug, subject: subject, day: today.context.day)
            }
            tableKey.listPick = price.list.pick(monthTotal: total)
            tableKey.contractedPick = price.contracted[contracted].pick(monthTotal: total)
        }
        return SubjectWalk(
            key: key,
            table: table(tableKey),
            position: meter.dependsOnMonth ? positions[key] ?? .zero : nil
        )
    }

    /// Remembers where a subject stands.
    private mutating func leave(_ walk: SubjectWalk) throws(ChargeError) {
        guard let position = walk.position else { return }
        positions[walk.key] = position
        try checkLimit(positions.count)
    }

    private mutating func table(_ key: TableKey) -> PartTable {
        if let table = tables[key] { return table }
        let price = meter.prices[key.price]
        let table = PartTable(
            list: price.list,
            contracted: price.contracted[key.contracted],
            sku: price.price.sku,
            listPick: key.listPick,
            contractedPick: key.contractedPick
        )
        tables[key] = table
        return table
    }

    private func bySubject(_ rows: [UsageRow]) throws(ChargeError) -> [SubjectKey: ExactDecimal] {
        var sums: [SubjectKey: ExactDecimal] = [:]
        for row in rows {
            let key = SubjectKey(row.subject ?? "")
            do {
                sums[key] = try (sums[key] ?? .zero).adding(row.value)
            } catch {
                let day = LocalDay(containing: row.window.start, in: .utc)
                throw .overflow(what: "the month's quantity", meter: meter.meter.slug, subject: key.subject, day: day)
            }
            try checkLimit(sums.count)
        }
        return sums
    }

    private func checkLimit(_ subjects: Int) throws(ChargeError) {
        guard subjects > subjectLimit else { return }
        throw .tooManySubjects(meter: meter.meter.slug, limit: subjectLimit)
    }

    /// By subject and dimensions, byte by byte.
    private static func inOrder(_ rows: [UsageRow]) -> [UsageRow] {
        func precedes(_ one: UsageRow, _ other: UsageRow) -> Bool {
            let (mine, theirs) = (one.subject ?? "", other.subject ?? "")
            guard mine.hasSameBytes(as: theirs) else { return mine.precedesBytewise(theirs) }
            return one.dimensions.precedeBytewise(other.dimensions)
        }
        // Usage comes in this order already, as a rule.
        return zip(rows, rows.dropFirst()).contains { precedes($1, $0) } ? rows.sorted(by: precedes) : rows
    }
}

/// The charges of one meter on one day.
public struct DayCharges: Sendable {
    /// Sorted by subject, dimensions, and part of the price.
    public var charges: [FocusCharge] = []
    /// Series that used nothing: they have no charge.
    public var skippedRows = 0
    /// Events the meter counted in the day, those of series without a charge included.
    public var events: UInt64 = 0

    /// A day without usage.
    public init() {}
}
