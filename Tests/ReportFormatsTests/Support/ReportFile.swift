import Metering
import ReportDefinitions
import ReportFormats
import Testing

/// A file as it is put together from an encoder's parts.
struct ReportFile {
    var layout: FileLayout
    var days: [MeterDay]

    /// Makes the file of some days.
    static func make(
        _ report: Report,
        _ catalog: ReportCatalog,
        _ usage: ListedUsage,
        days: [String],
        closedDays: [String]? = nil
    ) async throws -> ReportFile {
        try await make(try report.makeEncoder(catalog: catalog), usage, days: days, closedDays: closedDays)
    }

    static func make(
        _ encoder: any ReportEncoder,
        _ usage: ListedUsage,
        days: [String],
        closedDays: [String]? = nil
    ) async throws -> ReportFile {
        let days = try days.map { try #require(LocalDay($0)) }
        let closed = try closedDays.map { try $0.map { try #require(LocalDay($0)) } } ?? days
        var rows = encoder.rows(of: days, closedDays: closed, usage: usage)
        var made: [MeterDay] = []
        for day in days { made += try await rows.next(day) }
        return ReportFile(layout: encoder.layout, days: made)
    }

    /// Each row by itself.
    var rows: [[UInt8]] {
        days.flatMap { day in
            zip([0] + day.rowEnds, day.rowEnds).map { Array(day.bytes[$0..<$1]) }
        }
    }

    var bytes: [UInt8] { layout.header + Array(rows.joined(separator: layout.separator)) + layout.footer }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}
