public import Metering
public import ReportDefinitions

/// The usage of all meters as the page that Krateo's FinOps scraper reads: a gauge for each meter, a sample for each series
/// and UTC day, with the labels `ResourceId`, `metricName`, `timestamp`, `average` and `unit`.
///
/// Prometheus text format, https://prometheus.io/docs/instrumenting/exposition_formats/. The samples of a gauge stand together, so the
/// page goes meter by meter: `header`, then `samples` of each day.
public struct KrateoUsagePage: Sendable {
    /// The meters' slugs in the order of the page, sorted byte by byte.
    public let meters: [String]
    /// What the page begins with. A scraper waits for a body that is not empty, so without a meter it says so.
    public var header: [UInt8] { meters.isEmpty ? Array("# There are no meters.\n".utf8) : [] }

    private let catalog: ReportCatalog

    /// Makes the page of all the catalog's meters.
    public init(catalog: ReportCatalog) {
        self.catalog = catalog
        meters = catalog.meters.keys.sorted { $0.precedesBytewise($1) }
    }

    /// What a usage query of a meter groups by, so that each row is one series.
    public func groupBy(_ meter: String) -> [String] {
        ["subject"] + (catalog.meters[meter]?.groupBy.map(\.name) ?? [])
    }

    /// What stands in front of a meter's samples, there being any or not.
    public func header(of meter: String) -> [UInt8] {
        Array("# TYPE \(Self.metricName(meter)) gauge\n".utf8)
    }

    /// The samples of a meter on a day, sorted by subject and dimensions byte by byte.
    /// - Parameter rows: grouped by `groupBy`.
    public func samples(of meter: String, on day: LocalDay, rows: [UsageRow]) -> MeterDay {
        var result = MeterDay(meter: meter)
        let unit = unit(of: meter, on: day)
        for row in rows.sorted(by: UsageRow.precedes) {
            result.events += row.events
            let value = row.value.description(minimumFractionDigits: 1)
            let labels = [
                ("ResourceId", resourceID(of: meter, row)), ("metricName", meter), ("timestamp", "\(day)T00:00:00Z"),
                ("average", value), ("unit", unit),
            ]
            PrometheusSample.append(Self.metricName(meter), labels, value, to: &result.bytes)
            result.rowEnds.append(result.bytes.count)
        }
        return result
    }

    /// The series' own name, which is its ResourceId in a FOCUS report where `focus:` sets none. The subject's is taken
    /// where it is set to the subject and that alone tells the series apart, so that both pages name it alike.
    private func resourceID(of meter: String, _ row: UsageRow) -> String {
        let subject = row.subject ?? ""
        if row.dimensions.isEmpty, !subject.isEmpty, catalog.focusProfiles[meter]?.resourceID == .subject {
            return subject
        }
        return ([meter, subject] + row.dimensions).map { $0.percentEncoding("%/") }.joined(separator: "/")
    }

    /// What a price of the meter says it counts: the one that holds on the day, else the first one; empty without a price.
    private func unit(of meter: String, on day: LocalDay) -> String {
        let prices = catalog.prices.filter { $0.meter == meter }.sorted { $0.from < $1.from }
        return (prices.last { $0.from <= day } ?? prices.first)?.consumedUnit ?? ""
    }

    /// Names of metrics do not begin with a digit, slugs may; no slug begins with `_`.
    private static func metricName(_ slug: String) -> String {
        let startsWithDigit = slug.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
        return startsWithDigit ? "_" + slug : slug
    }
}
