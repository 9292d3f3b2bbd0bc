import Charges
import Metering
import ReportDefinitions

/// Where the files of one delivery go, below the destination. See docs/formats/reports.md.
enum DeliveryKeys: Sendable, Hashable {
    /// One file.
    case single(key: String)
    /// Files that are numbered from the second on: `<stem>.json`, `<stem>-00002.json`.
    case numbered(stem: String)
    /// A FOCUS export's month.
    case export(FocusExportKeys)
    /// A billing month's drops of AnyCost.
    case drops(AnyCostKeys)

    /// The keys of the delivery that holds a day.
    init(report: Report, day: LocalDay) {
        let name = report.prefix + report.name
        switch report.format {
        case .csv(let format):
            switch format.files {
            case .daily: self = .single(key: "\(name)-\(day).csv")
            case .single: self = .single(key: "\(name).csv")
            }
        case .focus(let format):
            self = .export(FocusExportKeys(report: report, format: format, month: BillingPeriod(containing: day)))
        case .cloudZeroTelemetry: self = .numbered(stem: "\(name)-\(day)")
        case .datadog: self = .single(key: "\(name)-\(day).json")
        case .anyCost: self = .drops(AnyCostKeys(report: report, month: BillingPeriod(containing: day)))
        case .reconciliation: self = .single(key: "\(name).csv")
        }
    }

    /// The key of a data file; parts count from 1.
    func data(part: Int, version: String) -> String {
        switch self {
        case .single(let key): key
        case .numbered(let stem): part == 1 ? "\(stem).json" : "\(stem)-\(Self.digits(part)).json"
        case .export(let export): export.data(part: part, version: version)
        case .drops(let drops): drops.data(part: part, version: version)
        }
    }

    /// The file that is put last, from which a reader learns of the delivery.
    var entry: String {
        switch self {
        case .single(let key): key
        case .numbered: data(part: 1, version: "")
        case .export(let export): export.manifest
        case .drops(let drops): drops.manifest
        }
    }

    /// What a delivery is recorded under: the same rows in another place are another delivery.
    var place: String {
        switch self {
        case .single, .numbered: entry
        case .export, .drops: data(part: 1, version: "*")
        }
    }

    /// What names a version of the delivery in its keys.
    func version(revision: Int, content: String) -> String {
        let digest = String(content.prefix(Self.digestDigits))
        switch self {
        case .single, .numbered: return ""
        case .drops: return digest
        case .export:
            let digits = String(revision)
            return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + "-" + digest
        }
    }

    /// Hexadecimal digits of a content's SHA-256 that tell versions apart.
    static let digestDigits = 12

    /// Data files one delivery may have, since their numbers have five digits.
    static let partLimit = 99_999

    /// Five digits.
    static func digits(_ part: Int) -> String {
        let digits = String(part)
        return String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
    }
}

/// The keys of a FOCUS export, as AWS Data Exports lays them out.
///
/// https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html
struct FocusExportKeys: Sendable, Hashable {
    private let name: String
    private let root: String
    private let partition: String
    private let isVersioned: Bool
    private let suffix: String

    init(report: Report, format: FocusFormat, month: BillingPeriod) {
        name = report.name
        root = report.prefix + report.name
        partition = "BILLING_PERIOD=\(month)"
        isVersioned = format.delivery == .new
        suffix = format.compression == .gzip ? ".csv.gz" : ".csv"
    }

    /// Where the month's data is, all versions of it.
    var dataFolder: String { "\(root)/data/\(partition)/" }
    /// Where the month's manifests are.
    var metadataFolder: String { "\(root)/metadata/\(partition)/" }
    var manifest: String { "\(metadataFolder)\(manifestName)" }
    var dataGenerator: String { "\(root)/metadata/data_generator.json" }
    private var manifestName: String { "\(name)-Manifest.json" }

    func schema(id: String) -> String { "\(root)/metadata/schemas/\(id).json" }

    func data(part: Int, version: String) -> String {
        let folder = isVersioned ? dataFolder + version + "/" : dataFolder
        return "\(folder)\(name)-\(DeliveryKeys.digits(part))\(suffix)"
    }

    /// The manifest that stays with a version; nil where the month's files are replaced.
    func manifest(of version: String) -> String? {
        isVersioned ? "\(metadataFolder)\(version)/\(manifestName)" : nil
    }

    /// The version whose folder a listed object of the data folder is in and its name there; nil for what is not a data
    /// file of ours, in which nobody should put anything but which is not ours to remove.
    func dataFile(_ key: String) -> (version: String?, key: String)? {
        guard let path = key.path(below: dataFolder) else { return nil }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let file = parts.last, parts.count <= 2, isDataName(file) else { return nil }
        guard parts.count == 2 else { return (nil, key) }
        return Self.isVersion(parts[0]) ? (String(parts[0]), key) : nil
    }

    /// The version that a listed object of the metadata folder is the manifest of.
    func versionOfManifest(_ key: String) -> String? {
        guard let path = key.path(below: metadataFolder) else { return nil }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[1] == manifestName ? String(parts[0]) : nil
    }

    private func isDataName(_ file: Substring) -> Bool {
        guard file.hasPrefix(name + "-") else { return false }
        let rest = file.dropFirst(name.count + 1)
        return rest.prefix(5).isDigits(5) && [".csv", ".csv.gz"].contains(String(rest.dropFirst(5)))
    }

    /// `<revision>-<digest>`.
    private static func isVersion(_ text: Substring) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].utf8.count >= 4 && parts[0].isDigits(parts[0].utf8.count)
            && parts[1].isDigest
    }
}

/// The keys of a billing month's AnyCost drops.
///
/// https://docs.cloudzero.com/docs/anycost-cbf-drop-specs
struct AnyCostKeys: Sendable, Hashable {
    private let name: String
    /// Where the month's drops and its manifest are.
    let folder: String

    init(report: Report, month: BillingPeriod) {
        func compact(_ day: LocalDay) -> String { day.description.filter { $0 != "-" } }
        name = report.name
        folder = "\(report.prefix)\(report.name)/\(compact(month.first))-\(compact(month.next.first))/"
    }

    var manifest: String { "\(folder)manifest.json" }

    func data(part: Int, version: String) -> String {
        "\(folder)\(version)/\(name)-\(DeliveryKeys.digits(part)).csv.gz"
    }

    /// Whether a listed object of the folder is a data file of some drop of ours.
    func isDataFile(_ key: String) -> Bool {
        guard let parts = key.path(below: folder)?.split(separator: "/", omittingEmptySubsequences: false),
            parts.count == 2, parts[0].isDigest, parts[1].hasPrefix(name + "-")
        else { return false }
        let rest = parts[1].dropFirst(name.count + 1)
        return rest.prefix(5).isDigits(5) && rest.dropFirst(5) == ".csv.gz"
    }
}

extension String {
    /// What comes behind a folder's name; nil for what is not in the folder. Compared byte by byte.
    fileprivate func path(below folder: String) -> Substring? {
        utf8.starts(with: folder.utf8) ? Substring(utf8.dropFirst(folder.utf8.count)) : nil
    }

    /// The number of a part in `<stem>-00002.json`; nil for other names.
    func part(ofStem stem: String) -> Int? {
        guard let rest = path(below: stem + "-"), rest.prefix(5).isDigits(5), rest.dropFirst(5) == ".json" else {
            return nil
        }
        return Int(rest.prefix(5))
    }
}

extension Substring {
    /// So many decimal digits and nothing else.
    fileprivate func isDigits(_ count: Int) -> Bool {
        utf8.count == count && utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// The digest that a version's name has.
    fileprivate var isDigest: Bool {
        utf8.count == DeliveryKeys.digestDigits
            && utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
