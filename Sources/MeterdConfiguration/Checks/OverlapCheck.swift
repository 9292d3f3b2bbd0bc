import ReportDefinitions

/// Finds reports that write where Finout would read them as another telemetry: it reads everything under a telemetry's
/// prefix, so nothing else may go there.
struct OverlapCheck {
    let draft: ConfigurationDraft
    let diagnostics: Diagnostics

    func check() {
        let places = draft.reports.compactMap { report in
            place(of: report.value).map { (report: report.value, place: $0) }
        }
        for (index, later) in places.enumerated() {
            for earlier in places[..<index] where collides(later, earlier) {
                guard let prefix = later.report.prefix, let name = earlier.report.name else { continue }
                diagnostics.report(
                    prefix.position,
                    "the report writes under the same prefix as \(name.shown)",
                    allowed: "Finout reads everything under a telemetry's prefix, give each report a prefix of its own"
                )
            }
        }
    }

    private typealias Written = (report: ReportDraft, place: String)

    private func collides(_ one: Written, _ other: Written) -> Bool {
        (one.report.kind == .csv && other.place.hasPrefix(one.place))
            || (other.report.kind == .csv && one.place.hasPrefix(other.place))
    }

    /// Where all of the report's keys are: two reports write to the same file only if the texts begin alike.
    private func place(of report: ReportDraft) -> String? {
        guard let destination = report.destination, let prefix = report.prefix,
            let kind = draft.destinations.first(where: { $0.name == destination.value })?.value
        else { return nil }
        switch kind {
        case .directory(let path):
            let parts = path.split(separator: "/").filter { $0 != "." }
            return (path.hasPrefix("/") ? "/" : "") + parts.map { $0 + "/" }.joined() + prefix.value
        case .s3(let bucket):
            return "s3:\(bucket.endpoint ?? "")/\(bucket.bucket)/\(bucket.prefix)\(prefix.value)"
        }
    }
}
