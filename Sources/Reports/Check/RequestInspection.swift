import Foundation
import Metering
import ObjectStore
import ReportDefinitions

/// Reads files back that are bodies of requests to a vendor's API: whether they are JSON of the right form.
struct RequestInspection {
    let inspection: ReportInspection
    let kind: Kind

    /// Whose requests they are.
    enum Kind {
        case cloudZero(CloudZeroTelemetryFormat)
        case datadog
    }

    func run(
        progress: @escaping @Sendable (InspectionProgress) -> Void
    ) async throws(InspectionError) -> InspectionResult {
        let stem = inspection.report.stem + "-"
        let entries = try await inspection.list(stem).filter { inspection.report.owns($0.key) }
        var book = InspectionBook(
            report: inspection.report.name,
            limits: inspection.limits,
            total: entries.reduce(0) { $0 + $1.size },
            progress: progress
        )
        for entry in entries {
            let name = entry.key.dropFirst(stem.count).dropLast(".json".count)
            guard let day = LocalDay(String(name.prefix(10))), name.dropFirst(10).isPart else {
                book.find(entry.key, "has no day in its name")
                continue
            }
            book.count(file: entry.size)
            guard let bytes = try await inspection.read(entry, book: &book) else { continue }
            guard bytes.count <= inspection.limits.jsonBytes else {
                let limit = inspection.limits.jsonBytes
                book.find(entry.key, "has \(bytes.count) bytes, more than the \(limit) of JSON that check reads")
                continue
            }
            check(entry.key, bytes, day: day, &book)
            book.advance(bytes: entry.size)
        }
        return book.close()
    }

    private func check(_ key: String, _ bytes: [UInt8], day: LocalDay, _ book: inout InspectionBook) {
        guard let json = InspectedJSON.value(bytes) else { return book.find(key, "is not JSON") }
        switch kind {
        case .cloudZero(let format):
            guard let body = json as? [String: Any], body.count == 1, let records = body["records"] as? [Any] else {
                return book.find(key, "is not {\"records\": […]}")
            }
            if bytes.count > CloudZeroRecord.requestLimit {
                book.find(key, "has \(bytes.count) bytes; CloudZero takes \(CloudZeroRecord.requestLimit)")
            }
            for (index, record) in records.enumerated() {
                book.count(row: day)
                for reason in CloudZeroRecord.reasons(record, format: format, day: day) {
                    book.find(key, "record \(index + 1): \(reason)")
                }
            }
        case .datadog:
            guard let items = json as? [Any] else { return book.find(key, "is not a JSON array") }
            for (index, item) in items.enumerated() {
                book.count(row: day)
                for reason in DatadogItem.reasons(item, day: day) { book.find(key, "item \(index + 1): \(reason)") }
            }
        }
    }
}

extension Substring {
    /// Nothing, or `-00002`.
    fileprivate var isPart: Bool {
        isEmpty || (utf8.count == 6 && first == "-" && utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) })
    }
}

/// https://docs.cloudzero.com/reference/unit-metric-telemetry-api-1 and
/// https://docs.cloudzero.com/reference/allocation-telemetry
private enum CloudZeroRecord {
    /// Bytes of a request.
    static let requestLimit = 5_000_000

    static func reasons(_ record: Any, format: CloudZeroTelemetryFormat, day: LocalDay) -> [String] {
        guard let record = record as? [String: Any] else { return ["is not an object"] }
        var reasons: [String] = []
        if record["timestamp"] as? String != "\(day)T00:00:00Z" {
            reasons.append("timestamp is not the day of the file")
        }
        let value = (record["value"] as? String).flatMap { try? ExactDecimal($0) }
        if value.map({ $0 <= .zero }) ?? true { reasons.append("value is not a positive number") }
        let filterName: String
        switch format.stream {
        case .metric:
            filterName = "associated_cost"
        case .allocation:
            filterName = "filter"
            if record["granularity"] as? String != "DAILY" { reasons.append("granularity is not DAILY") }
            if (record["element_name"] as? String)?.isEmpty ?? true {
                reasons.append("element_name is missing or empty")
            }
        }
        let filters = record[filterName] as? [String: Any] ?? [:]
        if Set(filters.keys) != Set(format.filters.map(\.name)) {
            reasons.append("\(filterName) has other keys than the report's filters")
        }
        return reasons
    }
}

/// https://docs.datadoghq.com/cloud_cost_management/setup/custom/
private enum DatadogItem {
    /// Characters of a name or a value.
    static let textLimit = 1_000

    static func reasons(_ item: Any, day: LocalDay) -> [String] {
        guard let item = item as? [String: Any] else { return ["is not an object"] }
        var reasons: [String] = []
        for name in ["ProviderName", "ChargeDescription"] { reasons += text(item[name], name) }
        for name in ["ChargePeriodStart", "ChargePeriodEnd"] where item[name] as? String != day.description {
            reasons.append("\(name) is not the day of the file")
        }
        if !(item["BilledCost"] is NSNumber) { reasons.append("BilledCost is not a number") }
        if item["BillingCurrency"] as? String != "USD" { reasons.append("BillingCurrency is not USD") }
        for (key, value) in item["Tags"] as? [String: Any] ?? [:] {
            reasons += text(key, "a tag's key") + text(value, "the tag \(key.quoted)")
        }
        return reasons
    }

    private static func text(_ value: Any?, _ name: String) -> [String] {
        guard let text = value as? String, text.contains(where: { !$0.isWhitespace }) else {
            return ["\(name) is missing or blank"]
        }
        return text.unicodeScalars.count > textLimit ? ["\(name) has more than \(textLimit) characters"] : []
    }
}
