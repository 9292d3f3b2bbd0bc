package import Foundation
import Glibc

/// Where the programs and libraries are that the tests run and that meterd does not need.
package enum TestPrograms {
    /// The package's folder.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What the environment variable names; without one the first of `paths` that is there.
    ///
    /// - Parameter paths: relative to the package's folder; a `*` stands for one whole folder name, or for the middle of
    ///   a file's name.
    package static func find(variable: String, mode: Int32 = X_OK, _ paths: String...) -> String? {
        let candidates: [String]
        if let named = ProcessInfo.processInfo.environment[variable] {
            candidates = [named]
        } else {
            candidates = paths.flatMap { matches($0.hasPrefix("/") ? $0 : root.appending(path: $0).path) }
        }
        return candidates.first { access($0, mode) == 0 }
    }

    private static func matches(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }

    /// What a wheel installed in the virtual environment that `scripts/test` makes.
    static let sitePackages = ".venv/lib/python3*/site-packages"
}
