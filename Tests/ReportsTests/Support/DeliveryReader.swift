import Crypto
import Foundation
import ReportDefinitions
import Testing

@testable import Reports

/// Someone who reads a billing month as its format says: by the manifest, and nothing that it does not name.
struct DeliveryReader: Sendable {
    let report: Report
    let month: String
    let directory: URL

    /// What is found.
    enum Found: Equatable, Sendable {
        /// There is no manifest.
        case nothing
        /// The bytes of the data files, in order.
        case complete([[UInt8]])
        /// A file that the manifest names is not there.
        case missing(String)
        /// A file has other bytes than the manifest says, which the reader can see.
        case changed(String)
    }

    private struct Manifest: Decodable {
        struct File: Decodable {
            var key: String
            var bytes: Int
            var rows: Int
            var sha256: String
        }
        var files: [File]
    }

    private struct DropManifest: Decodable {
        var current_drop_id: String
    }

    func read() throws -> Found {
        switch report.format {
        case .focus: try readExport()
        case .anyCost: try readDrop()
        default: .nothing
        }
    }

    private func data(_ key: String) throws -> Data? {
        let url = directory.appending(path: key)
        return FileManager.default.fileExists(atPath: url.path) ? try Data(contentsOf: url) : nil
    }

    private func readExport() throws -> Found {
        let root = "\(report.prefix)\(report.name)/metadata/BILLING_PERIOD=\(month)"
        guard let json = try data("\(root)/\(report.name)-Manifest.json") else { return .nothing }
        let manifest = try JSONDecoder().decode(Manifest.self, from: json)
        var files: [[UInt8]] = []
        for file in manifest.files {
            guard let bytes = try data(file.key) else { return .missing(file.key) }
            let digest = SHA256.hash(data: bytes).hexadecimal
            guard digest == file.sha256, bytes.count == file.bytes else { return .changed(file.key) }
            files.append(Array(bytes))
        }
        return .complete(files)
    }

    private func readDrop() throws -> Found {
        let first = month.filter { $0 != "-" } + "01"
        let folder = directory.appending(path: "\(report.prefix)\(report.name)")
        guard FileManager.default.fileExists(atPath: folder.path),
            let name = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                .first(where: { $0.hasPrefix(first) })
        else { return .nothing }
        let root = "\(report.prefix)\(report.name)/\(name)"
        guard let json = try data("\(root)/manifest.json") else { return .nothing }
        let drop = "\(root)/\(try JSONDecoder().decode(DropManifest.self, from: json).current_drop_id)"
        let path = directory.appending(path: drop).path
        guard FileManager.default.fileExists(atPath: path) else { return .missing(drop) }
        let files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        return .complete(try files.compactMap { try data("\(drop)/\($0)").map { Array($0) } })
    }
}
