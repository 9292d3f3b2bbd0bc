/// Which of the two formats a client wants (RFC 9110 section 12.5.1).
enum Accepted {
    /// Throws 406 when neither is acceptable.
    static func prefersCSV(_ accept: String?) throws(Problem) -> Bool {
        guard let accept, !accept.isEmpty else { return false }
        let ranges = accept.lowercased().split(separator: ",").map(Self.range)
        let csv = quality(of: "text", "csv", ranges)
        let json = quality(of: "application", "json", ranges)
        guard csv > 0 || json > 0 else {
            throw Problem(status: 406, detail: "this is given as application/json or text/csv")
        }
        return csv > json
    }

    private static func range(_ text: Substring) -> (type: Substring, subtype: Substring, quality: Double) {
        let parts = text.split(separator: ";").map { $0.trimmingPrefix { $0 == " " || $0 == "\t" } }
        let name = (parts.first ?? "").prefix { $0 != " " && $0 != "\t" }
        let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
        let slash = name.firstIndex(of: "/") ?? name.endIndex
        return (name[..<slash], name[slash...].dropFirst(), quality)
    }

    /// The quality of the most specific range that covers the type.
    private static func quality(
        of type: String,
        _ subtype: String,
        _ ranges: [(type: Substring, subtype: Substring, quality: Double)]
    ) -> Double {
        let exact = ranges.first { $0.type == type && $0.subtype == subtype }
        let family = ranges.first { $0.type == type && $0.subtype == "*" }
        let any = ranges.first { $0.type == "*" }
        return (exact ?? family ?? any)?.quality ?? 0
    }
}
