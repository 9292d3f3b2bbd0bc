import Foundation
import ReportDefinitions
import Testing

/// The specification's columns as reference/focus-columns.tsv lists them.
struct FocusTable {
    struct Line {
        let column: String
        let type: String
        /// By version; empty where it has no such column.
        let level: [FocusFormat.Version: String]
        let usageRow: String
    }

    let lines: [Line]

    init() throws {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/focus-columns.tsv", withExtension: nil))
        let table = String(decoding: try Data(contentsOf: url), as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        let header = table[0]
        lines = try table.dropFirst().map { fields in
            var level: [FocusFormat.Version: String] = [:]
            for version in FocusFormat.Version.allCases {
                level[version] = fields[try #require(header.firstIndex(of: version.rawValue))]
            }
            return Line(
                column: fields[0],
                type: fields[1],
                level: level,
                usageRow: fields[try #require(header.firstIndex(of: "usage_row"))]
            )
        }
    }

    /// The columns of a version, in the table's order.
    func lines(of version: FocusFormat.Version) -> [Line] {
        lines.filter { $0.level[version] != "" }
    }
}
