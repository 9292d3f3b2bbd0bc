/// The profiles of AWS's shared files, `config` and `credentials` (AWS SDKs and Tools Reference Guide, "Shared config and
/// credentials files").
struct SharedProfiles: Sendable {
    private(set) var profiles: [String: [String: String]] = [:]

    /// What a section's heading means.
    enum Kind {
        /// `[name]`.
        case credentials
        /// `[profile name]`, or `[default]`.
        case config
    }

    /// Adds a file's profiles. Keys of a later file replace those of an earlier one.
    mutating func add(_ text: String, as kind: Kind) {
        var profile: String?
        for line in text.split(whereSeparator: \.isNewline) {
            // A line that begins with white space continues or nests; no key that is read here does that.
            guard let first = line.first, !first.isWhitespace, first != "#", first != ";" else { continue }
            if first == "[" {
                profile = Self.profile(heading: line, kind)
            } else if let profile, let (key, value) = Self.setting(line) {
                profiles[profile, default: [:]][key] = value
            }
        }
    }

    private static func profile(heading line: Substring, _ kind: Kind) -> String? {
        guard let end = line.firstIndex(of: "]") else { return nil }
        let words = line[line.index(after: line.startIndex)..<end].split(whereSeparator: \.isWhitespace).map(
            String.init
        )
        switch (kind, words.count) {
        case (.credentials, 1): return words[0]
        case (.config, 1) where words[0] == "default": return "default"
        case (.config, 2) where words[0] == "profile": return words[1]
        default: return nil
        }
    }

    private static func setting(_ line: Substring) -> (String, String)? {
        guard let equals = line.firstIndex(of: "=") else { return nil }
        let key = line[..<equals].trimmed.lowercased()
        var value = line[line.index(after: equals)...]
        for comment in [" #", " ;", "\t#", "\t;"] {
            if let start = value.firstRange(of: comment)?.lowerBound { value = value[..<start] }
        }
        return key.isEmpty ? nil : (key, value.trimmed)
    }
}

extension Substring {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? start
        return String(self[start..<end])
    }
}
