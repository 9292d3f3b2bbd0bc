import Foundation
import Synchronization

/// A time zone of the IANA database, with its offsets from 1970 to 2100.
///
/// Before 1970 the zone has the offset it had at 1970-01-01T00:00:00Z, from 2100 on the one it has when that year begins.
/// All zones share one table per identifier, which never changes, so they can be used from any thread.
public struct Zone: Sendable, Hashable, CustomStringConvertible {
    let table: ZoneTable

    /// Looks a zone up by its identifier, in the case the database writes it: `Europe/Berlin`, `UTC`, `US/Pacific`.
    ///
    /// Abbreviations (`IST`) and offsets (`GMT+3`) mean different things to different people and are no identifiers.
    public init?(_ iana: String) {
        guard let table = ZoneTable.named(iana) else { return nil }
        self.table = table
    }

    private init(table: ZoneTable) {
        self.table = table
    }

    /// Coordinated Universal Time.
    public static let utc = Zone(table: ZoneTable(identifier: "UTC", starts: [.min], offsets: [0]))

    /// The identifier the zone was looked up by.
    public var identifier: String { table.identifier }

    /// The identifier.
    public var description: String { table.identifier }

    /// Seconds east of UTC at a moment in microseconds since 1970-01-01T00:00:00Z.
    public func offset(at microseconds: Int64) -> Int {
        Int(table.offsets[table.span(at: microseconds.flooredQuotient(1_000_000))])
    }

    /// Whether the zone has been whole hours from UTC since 2000-01-01, and stays so until 2100.
    public var isWholeHours: Bool { table.isWholeHours }

    /// Zones are equal when their identifiers are.
    public static func == (left: Zone, right: Zone) -> Bool { left.table.identifier == right.table.identifier }

    /// Hashes the identifier.
    public func hash(into hasher: inout Hasher) { hasher.combine(table.identifier) }
}

/// The spans of time in which a zone's offset stays the same.
final class ZoneTable: Sendable {
    let identifier: String
    /// When each span starts, in seconds since 1970-01-01T00:00:00Z; the first one starts before all time.
    let starts: [Int64]
    /// Seconds east of UTC in each span.
    let offsets: [Int32]
    let isWholeHours: Bool

    init(identifier: String, starts: [Int64], offsets: [Int32]) {
        self.identifier = identifier
        self.starts = starts
        self.offsets = offsets
        let since2000 = starts.lastIndex { $0 <= 946_684_800 } ?? 0
        isWholeHours = offsets[since2000...].allSatisfy { $0 % 3600 == 0 }
    }

    /// The span that a second is in.
    func span(at second: Int64) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= second { low = middle } else { high = middle }
        }
        return low
    }

    /// The first second of a span, or of all time.
    func start(of span: Int) -> Int64 { starts[span] }

    /// The first second after a span; nil for the last one.
    func end(of span: Int) -> Int64? { span + 1 < starts.count ? starts[span + 1] : nil }

    /// Whether the clocks change by something else than a multiple of `unit` seconds when a span starts.
    func isShifted(at span: Int, against unit: Int64) -> Bool {
        span > 0 && Int64(offsets[span] - offsets[span - 1]) % unit != 0
    }

    /// Tables made so far. There are some 600 identifiers, so this stays small.
    private static let made = Mutex<[String: ZoneTable]>([:])

    static func named(_ identifier: String) -> ZoneTable? {
        if let table = made.withLock({ $0[identifier] }) { return table }
        guard isIdentifier(identifier), let zone = TimeZone(identifier: identifier) else { return nil }
        let table = ZoneTable(identifier: identifier, zone: zone)
        // Two threads may make the same table; either will do.
        made.withLock { $0[identifier] = table }
        return table
    }

    /// 2100-01-01T00:00:00Z in seconds since 1970-01-01T00:00:00Z.
    private static let end: Int64 = 4_102_444_800
    /// No zone has nearly as many changes between 1970 and 2100.
    private static let maximumTransitions = 4096

    private convenience init(identifier: String, zone: TimeZone) {
        var starts = [Int64.min]
        var offsets = [Int32(zone.secondsFromGMT(for: Date(timeIntervalSince1970: 0)))]
        var date = Date(timeIntervalSince1970: 0)
        while starts.count < Self.maximumTransitions, let next = zone.nextDaylightSavingTimeTransition(after: date),
            next > date
        {
            date = next
            let second = Int64(next.timeIntervalSince1970.rounded())
            if second >= Self.end { break }
            let offset = Int32(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))))
            if offset == offsets.last { continue }
            starts.append(second)
            offsets.append(offset)
        }
        self.init(identifier: identifier, starts: starts, offsets: offsets)
    }

    /// Identifiers of the database without an area; others are `Area/Place`. Foundation takes more than these: offsets, and
    /// abbreviations such as IST, which is three different zones.
    private static let withoutArea: Set<String> = [
        "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "GB-Eire", "GMT", "GMT+0", "GMT-0",
        "GMT0", "Greenwich", "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya",
        "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC", "ROK",
        "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu",
    ]

    private static func isIdentifier(_ text: String) -> Bool {
        if withoutArea.contains(text) { return true }
        return text.contains("/") && !text.hasPrefix("SystemV/") && text != "Etc/Unknown"
    }
}

extension Int64 {
    /// The quotient rounded towards the past, not towards zero.
    @inline(__always)
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
