import CloudEvents
import Metering

/// The answer to a usage query as CSV (RFC 4180, lines ended by LF as OpenMeter does):
/// `window_start,window_end[,subject][,dimensions…],value`.
enum UsageCSV {
    static func text(_ result: UsageResult, _ query: UsageQuery) -> String {
        let bySubject = query.groupBy.contains("subject")
        let dimensions = query.groupBy.filter { $0 != "subject" }
        var text = line(["window_start", "window_end"] + (bySubject ? ["subject"] : []) + dimensions + ["value"])
        for row in result.rows {
            text += line(
                [row.window.start.description, row.window.shownEnd]
                    + (bySubject ? [row.subject ?? ""] : []) + row.dimensions + [row.value.description]
            )
        }
        return text
    }

    private static func line(_ cells: [String]) -> String {
        cells.map(quoted).joined(separator: ",") + "\n"
    }

    private static func quoted(_ cell: String) -> String {
        let needsQuotes = cell.utf8.contains {
            [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains($0)
        }
        guard needsQuotes || cell.utf8.first == UInt8(ascii: " ") else { return cell }
        return "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
