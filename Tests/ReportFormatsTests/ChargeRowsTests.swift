import Metering
import ReportDefinitions
import Testing

@testable import ReportFormats

/// What encoders of charges ask for, and how a billing month goes on from day to day and from file to file.
@Suite("Rows of charges")
struct ChargeRowsTests {
    private let days = ["2025-06-06", "2025-06-07", "2025-06-30", "2025-07-01", "2025-07-02"]

    private func usage() throws -> ListedUsage {
        let subjects = ["a", "b"].flatMap { subject in
            days.enumerated().map { index, day in
                ("tokens_total", day, subject, String(30 * (index + 1)), ["model": "m\(index % 2)"])
            }
        }
        return try ListedUsage(subjects)
    }

    private func catalog(_ mode: Rates.Mode? = .graduated) throws -> ReportCatalog {
        var catalog = try Samples.catalog()
        if let mode { catalog.prices = [try Samples.tieredPrice(mode)] }
        return catalog
    }

    private let report = Samples.report(.focus(FocusFormat(version: .v1_2, meters: ["tokens_total"])))

    private func requests(_ mode: Rates.Mode?, days: [String], closedDays: [String]) async throws -> [String] {
        let usage = try usage()
        _ = try await ReportFile.make(report, try catalog(mode), usage, days: days, closedDays: closedDays)
        return usage.requests
    }

    @Test("flat prices ask for the days alone")
    func flat() async throws {
        #expect(
            try await requests(nil, days: ["2025-06-07", "2025-06-30"], closedDays: days) == [
                "tokens_total 2025-06-07..<2025-06-08 by subject,model",
                "tokens_total 2025-06-30..<2025-07-01 by subject,model",
            ]
        )
    }

    @Test("tiers ask once for the month before the first day, and again in the next month, not on its first day")
    func graduated() async throws {
        #expect(
            try await requests(.graduated, days: Array(days.dropFirst()), closedDays: days) == [
                "tokens_total 2025-06-01..<2025-06-07 by subject",
                "tokens_total 2025-06-07..<2025-06-08 by subject,model",
                "tokens_total 2025-06-30..<2025-07-01 by subject,model",
                "tokens_total 2025-07-01..<2025-07-02 by subject,model",
                "tokens_total 2025-07-02..<2025-07-03 by subject,model",
            ]
        )
    }

    @Test("volume tiers ask for the month up to its last closed day")
    func volume() async throws {
        #expect(
            try await requests(.volume, days: ["2025-06-07"], closedDays: days).prefix(2) == [
                "tokens_total 2025-06-01..<2025-06-07 by subject",
                "tokens_total 2025-06-01..<2025-07-01 by subject",
            ]
        )
        #expect(
            try await requests(.volume, days: ["2025-06-07"], closedDays: ["2025-06-06", "2025-06-07"])[1]
                == "tokens_total 2025-06-01..<2025-06-08 by subject"
        )
    }

    @Test("a day in a file of its own has the rows it has in the month's file", arguments: Rates.Mode.allCases)
    func dayByDay(mode: Rates.Mode) async throws {
        let (catalog, usage) = (try catalog(mode), try usage())
        let whole = try await ReportFile.make(report, catalog, usage, days: days)
        var alone: [MeterDay] = []
        for day in days {
            alone += try await ReportFile.make(report, catalog, usage, days: [day], closedDays: days).days
        }
        #expect(alone == whole.days)
        #expect(alone.map { $0.rowEnds.count }.max() ?? 0 > 2)
    }

    @Test("a closed day that is left out counts where the month stands")
    func gap() async throws {
        let (catalog, usage) = (try catalog(), try usage())
        let whole = try await ReportFile.make(report, catalog, usage, days: days)
        let gap = try await ReportFile.make(
            report,
            catalog,
            usage,
            days: ["2025-06-06", "2025-06-30"],
            closedDays: days
        )
        #expect(gap.days == [whole.days[0], whole.days[2]])
    }

    @Test("meters named twice are written once")
    func repeatedMeter() async throws {
        let twice = Samples.report(.focus(FocusFormat(version: .v1_2, meters: ["tokens_total", "tokens_total"])))
        let usage = try usage()
        let file = try await ReportFile.make(twice, try catalog(nil), usage, days: ["2025-06-07"])
        #expect(file.days.count == 1)
    }
}
