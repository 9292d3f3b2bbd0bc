import Charges
import Metering
import ReportDefinitions

/// Telemetry records for CloudZero: the body of a request to
/// `/unit-cost/v1/telemetry/metric/<name>/replace` or `/unit-cost/v1/telemetry/allocation/<name>/replace`.
///
/// https://docs.cloudzero.com/reference/unit-metric-telemetry-api-1, https://docs.cloudzero.com/reference/allocation-telemetry,
/// limits https://docs.cloudzero.com/reference/telemetry-api-1. CloudZero takes values above zero, and all records of a stream have the
/// same keys. It rounds to 15 digits by itself; here a value is a text with all its digits.
struct CloudZeroTelemetry: ReportEncoder {
    private let format: CloudZeroTelemetryFormat
    private let groupBy: [String]

    /// What stands for a dimension an event did not have: keys may not be left out of single records.
    static let noValue = "(none)"
    /// Bytes a request may have: 5 MB, taken as the smaller of what that can mean.
    static let requestLimit = 5_000_000

    init(format: CloudZeroTelemetryFormat, catalog: ReportCatalog) throws(ReportDefinitionProblem) {
        var names = format.filters.map(\.dimension)
        if case .allocation(let element) = format.stream { names.append(element) }
        try catalog.check(dimensions: names, of: format.meter)
        guard format.filters.count <= CloudZeroTelemetryFormat.filterLimit else {
            throw ReportDefinitionProblem(
                "there are \(format.filters.count) filters, and CloudZero takes \(CloudZeroTelemetryFormat.filterLimit)"
            )
        }
        self.format = format
        groupBy = names.reduce(into: []) { unique, name in if !unique.contains(name) { unique.append(name) } }
    }

    var layout: FileLayout {
        FileLayout(
            header: Array("{\"records\":[\n".utf8),
            separator: Array(",\n".utf8),
            footer: Array("\n]}\n".utf8),
            byteLimit: Self.requestLimit,
            contentType: "application/json"
        )
    }

    func rows(of days: [LocalDay], closedDays: [LocalDay], usage: any DayUsage) -> any ReportRows {
        MetricRows(meter: format.meter, groupBy: groupBy, usage: usage) { row, day in
            let values = values(of: row)
            return (values, Array(record(values, row.value, day).utf8))
        }
    }

    /// The element, if the stream has one, and what each filter is.
    private func values(of row: UsageRow) -> [String] {
        var dimensions = row.dimensions.makeIterator()
        var texts: [String: String] = [:]
        for name in groupBy { texts[name] = name == "subject" ? row.subject : dimensions.next() }
        func text(_ name: String) -> String {
            Self.value(texts[name] ?? "")
        }
        let filters = format.filters.map { text($0.dimension) }
        return switch format.stream {
        case .metric: filters
        case .allocation(let element): [text(element)] + filters
        }
    }

    /// What stands for a value: `(none)` for one that is not there. A value that reads like that, in however many brackets,
    /// gets one more pair of them, so that different values stay different.
    static func value(_ text: String) -> String {
        guard !text.isEmpty else { return noValue }
        let brackets = text.utf8.prefix { $0 == UInt8(ascii: "(") }.count
        let standsForNone =
            brackets > 0
            && text.utf8.elementsEqual(
                (String(repeating: "(", count: brackets) + "none" + String(repeating: ")", count: brackets)).utf8
            )
        return standsForNone ? "(" + text + ")" : text
    }

    private func record(_ values: [String], _ value: ExactDecimal, _ day: LocalDay) -> String {
        var fields = ["\"timestamp\":\"\(day)T00:00:00Z\""]
        var filters = values[...]
        if case .allocation = format.stream, let element = filters.popFirst() {
            fields += ["\"granularity\":\"DAILY\"", "\"element_name\":" + element.jsonString]
        }
        let pairs = zip(format.filters, filters).map { filter, text in
            switch format.stream {
            case .metric: filter.name.jsonString + ":" + text.jsonString
            case .allocation: filter.name.jsonString + ":[" + text.jsonString + "]"
            }
        }
        if !pairs.isEmpty {
            let name = format.stream == .metric ? "associated_cost" : "filter"
            fields.append("\"\(name)\":{" + pairs.joined(separator: ",") + "}")
        }
        fields.append("\"value\":\"\(value)\"")
        return "{" + fields.joined(separator: ",") + "}"
    }
}
