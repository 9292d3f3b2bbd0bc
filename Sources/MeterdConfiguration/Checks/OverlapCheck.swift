import Foundation
import ReportDefinitions

/// Finds reports that write into a folder that is another one's alone: one that its reader reads whole, or one that is
/// tidied up after a delivery.
struct OverlapCheck {
    let draft: ConfigurationDraft
    let diagnostics: Diagnostics

    func check() {
        let all = draft.reports.compactMap { report in
            folder(of: report.value).map { Written(report: report.value, folder: $0) }
        }
        for (index, later) in all.enumerated() {
            for earlier in all[..<index] {
                guard let owner = later.clash(with: earlier), let prefix = later.report.prefix,
                    let name = earlier.report.name
                else { continue }
                diagnostics.report(
                    prefix.position,
                    "the report writes under the same prefix as \(name.shown)",
                    allowed: "\(owner.report.reasonToBeAlone), give each report a prefix of its own"
                )
            }
        }
    }

    /// A report and the folder that all its keys are in.
    private struct Written {
        var report: ReportDraft
        var folder: String

        /// The one of the two that has to be alone in its folder and is not.
        func clash(with other: Written) -> Written? {
            if report.isAlone, other.folder.hasPrefix(folder) { return self }
            return other.report.isAlone && folder.hasPrefix(other.folder) ? other : nil
        }
    }

    /// Two reports write to the same place only if the texts begin alike.
    private func folder(of report: ReportDraft) -> String? {
        guard let destination = report.destination, let prefix = report.prefix, let name = report.name,
            let kind = draft.destinations.first(where: { $0.name == destination.value })?.value
        else { return nil }
        let own = prefix.value + (report.hasFolderOfItsName ? name.value + "/" : "")
        switch kind {
        case .directory(let path):
            return Self.place(ofDirectory: path) + own
        case .s3(let bucket):
            return "s3:\(Self.server(bucket.endpoint))/\(bucket.bucket)/\(bucket.prefix)\(own)"
        }
    }

    /// The same text for the same directory, however it is written; links are not followed.
    private static func place(ofDirectory path: String) -> String {
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        var parts: [Substring] = []
        for part in absolute.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.map { $0 + "/" }.joined()
    }

    /// The same text for the same server. AWS is one in all regions, since buckets' names are.
    private static func server(_ endpoint: String?) -> String {
        guard let endpoint, let url = URL(string: endpoint), let host = url.host()?.lowercased() else {
            return endpoint ?? "aws"
        }
        if host.hasSuffix(".amazonaws.com") { return "aws" }
        let scheme = url.scheme?.lowercased() ?? "https"
        return "\(scheme)://\(host):\(url.port ?? (scheme == "http" ? 80 : 443))"
    }
}

extension ReportDraft {
    /// Below the prefix, all of its keys begin with its name and `/`.
    fileprivate var hasFolderOfItsName: Bool { kind == .focus || kind == .anyCost }

    /// Nobody else may write in its folder.
    fileprivate var isAlone: Bool { kind == .csv || hasFolderOfItsName }

    fileprivate var reasonToBeAlone: String {
        switch kind {
        case .csv: "Finout reads everything under a telemetry's prefix"
        case .anyCost: "CloudZero reads everything under an AnyCost folder"
        default: "a FOCUS dataset's folder is tidied up with each delivery"
        }
    }
}
