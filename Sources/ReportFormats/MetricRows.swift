import Charges
import Metering
import ReportDefinitions

/// The rows of a file that carries one meter's totals to a reader who takes positive numbers only: totals of zero or
/// less are left out and counted.
struct MetricRows: ReportRows {
    /// The slug.
    let meter: String
    /// What rows are split by.
    let groupBy: [String]
    let usage: any DayUsage
    /// What a row is sorted by, text by text, and its bytes.
    let encode: @Sendable (UsageRow, LocalDay) -> (key: [String], bytes: [UInt8])

    mutating func next(_ day: LocalDay) async throws -> [MeterDay] {
        let rows = try await usage.rows(meter: meter, days: day..<day.next, groupBy: groupBy)
        return [try meterDay(day, rows)]
    }

    private func meterDay(_ day: LocalDay, _ rows: [UsageRow]) throws(ReportContentError) -> MeterDay {
        var result = MeterDay(meter: meter)
        var written: [(key: [String], bytes: [UInt8])] = []
        do {
            for row in rows {
                result.events += row.events
                guard row.value > .zero else {
                    result.skippedRows += 1
                    continue
                }
                try result.totals.add(row.value, currency: nil)
                written.append(encode(row, day))
            }
        } catch {
            throw .overflow("the sum of meter \(meter) on \(day)")
        }
        written.sort { $0.key.precedeBytewise($1.key) }
        for (_, bytes) in written { result.append(bytes) }
        return result
    }
}

extension MeterDay {
    /// Adds a row.
    mutating func append(_ row: [UInt8]) {
        bytes += row
        rowEnds.append(bytes.count)
    }
}

extension ReportCatalog {
    /// Checks that a meter is there and has the dimensions, or the subject, that rows are split by.
    func check(dimensions: [String], of slug: String) throws(ReportDefinitionProblem) {
        guard let meter = meters[slug] else { throw ReportDefinitionProblem("there is no meter \(slug)") }
        let known = meter.groupBy.map(\.name) + ["subject"]
        if let name = dimensions.first(where: { !known.contains($0) }) {
            throw ReportDefinitionProblem(
                "meter \(slug) has no dimension \(name); it has \(known.joined(separator: ", "))"
            )
        }
    }
}
