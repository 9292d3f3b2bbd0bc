import Metering
import ReportDefinitions

/// What a key is among those of a telemetry report.
enum TelemetryKey: Hashable {
    /// A day's file.
    case daily(LocalDay)
    /// The file that grows.
    case single
    /// The name of a day's file, for a day that the calendar does not have.
    case noSuchDay
}

extension Report {
    /// In front of all the report's keys.
    var stem: String { prefix + name }

    /// What a key is as a telemetry file of this report; nil: none.
    func telemetryKey(_ key: String) -> TelemetryKey? {
        let ending = ".csv"
        guard key.hasBytes(prefix: stem), key.hasBytes(suffix: ending) else { return nil }
        let middle = key.utf8.dropFirst(stem.utf8.count).dropLast(ending.utf8.count)
        if middle.isEmpty { return .single }
        guard middle.first == UInt8(ascii: "-"), case let day = middle.dropFirst(), day.isDayShaped else { return nil }
        return LocalDay(String(decoding: day, as: UTF8.self)).map { .daily($0) } ?? .noSuchDay
    }

    /// Whether a key looks like one this report writes.
    func owns(_ key: String) -> Bool {
        switch format {
        case .csv: telemetryKey(key) != nil
        case .focus, .anyCost: key.hasBytes(prefix: stem + "/")
        case .cloudZeroTelemetry, .datadog: key.hasBytes(prefix: stem + "-") && key.hasBytes(suffix: ".json")
        case .reconciliation: key.utf8.elementsEqual((stem + ".csv").utf8)
        }
    }
}

extension String {
    /// As `hasPrefix`, by bytes.
    func hasBytes(prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }

    /// As `hasSuffix`, by bytes.
    func hasBytes(suffix: String) -> Bool { utf8.reversed().starts(with: suffix.utf8.reversed()) }
}

extension Collection<UInt8> {
    /// Four digits, two, and two, with hyphens between.
    fileprivate var isDayShaped: Bool {
        count == 10
            && zip(0..., self).allSatisfy { place, byte in
                place == 4 || place == 7
                    ? byte == UInt8(ascii: "-") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }
}
