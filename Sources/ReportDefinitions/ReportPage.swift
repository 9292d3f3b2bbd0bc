public import Metering

/// A page that is made from a report's rows when it is asked for. Only closed days are on it.
public enum ReportPageRequest: Sendable, Hashable {
    /// A FOCUS dataset as CSV; nil: of the report's own version.
    case focusCSV(report: String, days: Range<LocalDay>?, version: FocusFormat.Version?)
    /// A FOCUS dataset as a page that Krateo's scraper reads.
    case krateoCost(report: String, days: Range<LocalDay>?)
    /// The usage of all meters as a page that Krateo's scraper reads.
    case krateoUsage(days: Range<LocalDay>?)
}

/// A finished page.
public protocol ReportPage: Sendable {
    /// Its size.
    var bytes: Int { get }
    /// The bytes from an offset on, at most `limit` of them; none at the end.
    func read(at offset: Int, limit: Int) throws -> [UInt8]
}
