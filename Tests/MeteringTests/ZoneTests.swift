import CloudEvents
import Foundation
import Metering
import Testing

@Suite("Zone")
struct ZoneTests {
    @Test(
        "identifiers of the IANA database are found",
        arguments: [
            "UTC", "Europe/Berlin", "US/Pacific", "Asia/Calcutta", "America/Argentina/Ushuaia", "Etc/GMT-14", "GMT",
            "EST5EDT",
        ]
    )
    func found(identifier: String) {
        #expect(Zone(identifier)?.identifier == identifier)
    }

    @Test(
        "abbreviations, offsets and other texts are not",
        arguments: [
            "", "utc", "europe/berlin", "Nowhere/Land", "IST", "PST", "BST", "GMT+3", "GMT+0530", "+05:30", "Z",
            "Local", "Factory",
            "../../etc/localtime", "Europe/", "/UTC", "SystemV/PST8", "Etc/Unknown", "Europe/Berlin ",
        ]
    )
    func notFound(identifier: String) {
        #expect(Zone(identifier) == nil)
    }

    @Test(
        "offsets are Foundation's in every zone, every nine hours over some year",
        arguments: [1970, 1987, 2011, 2024, 2037, 2099]
    )
    func offsets(year: Int) throws {
        let start = try #require(LocalDay(year: year, month: 1, day: 1)).start(in: .utc).microseconds / 1_000_000
        for identifier in TimeZone.knownTimeZoneIdentifiers {
            let zone = try #require(Zone(identifier), "\(identifier)")
            let expected = try #require(TimeZone(identifier: identifier))
            for second in stride(from: start, to: start + 366 * 86_400, by: 9 * 3600) {
                let offset = expected.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
                if zone.offset(at: second * 1_000_000) != offset {
                    Issue.record("\(identifier) at \(second): \(zone.offset(at: second * 1_000_000)), not \(offset)")
                    return
                }
            }
        }
    }

    @Test("an offset changes with the microsecond")
    func exactTransition() throws {
        let zone = try #require(Zone("Europe/Berlin"))
        let spring: Int64 = 1_743_296_400_000_000  // 2025-03-30T01:00:00Z
        #expect(zone.offset(at: spring - 1) == 3600)
        #expect(zone.offset(at: spring) == 7200)
    }

    @Test("outside 1970 to 2100 the nearest offset holds")
    func outside() throws {
        let zone = try #require(Zone("America/New_York"))
        #expect(zone.offset(at: .min) == -5 * 3600)
        #expect(zone.offset(at: .max) == -5 * 3600)
        #expect(Zone.utc.offset(at: .min) == 0)
    }

    @Test(
        "zones off the whole hour at any time since 2000 are told from the others",
        arguments: [
            ("UTC", true), ("Europe/Berlin", true), ("America/New_York", true), ("Asia/Kolkata", false),
            ("Asia/Kathmandu", false),
            ("Australia/Eucla", false), ("Australia/Lord_Howe", false), ("America/St_Johns", false),
            ("Pacific/Chatham", false),
            ("Asia/Pyongyang", false), ("America/Caracas", false), ("Africa/Monrovia", true), ("Asia/Singapore", true),
        ]
    )
    func wholeHours(identifier: String, expected: Bool) throws {
        #expect(try #require(Zone(identifier)).isWholeHours == expected)
    }

    @Test("zones are equal by identifier")
    func equality() {
        #expect(Zone("UTC") == .utc)
        #expect(Zone("Europe/Berlin") != Zone("Europe/Paris"))
        #expect(Set([Zone("Asia/Tokyo"), Zone("Asia/Tokyo")]).count == 1)
    }

    @Test("many threads can look zones up at once")
    func concurrently() async {
        let identifiers = TimeZone.knownTimeZoneIdentifiers.prefix(60)
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask { identifiers.reduce(0) { $0 + (Zone($1)?.offset(at: 1_700_000_000_000_000) ?? -1) } }
            }
            var sums: Set<Int> = []
            for await sum in group { sums.insert(sum) }
            #expect(sums.count == 1)
        }
    }
}
