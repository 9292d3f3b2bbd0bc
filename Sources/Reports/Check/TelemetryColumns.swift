import ReportDefinitions

/// Where the columns of a telemetry file are, and what Finout would not take of its header.
struct TelemetryColumns {
    /// nil: there is none, or more than one.
    private(set) var date: Int?
    private(set) var metric: Int?
    /// All others, in the order of their names, so that files whose columns stand in another order compare.
    private(set) var metadata: [Int] = []
    /// What is wrong with the header.
    private(set) var reasons: [String] = []
    /// Fields of every row.
    let count: Int

    /// Columns of metadata that Finout takes.
    static let metadataLimit = 10

    init(header: [String], format: TelemetryFormat) {
        count = header.count
        date = only(format.dateColumn, in: header, "date column")
        metric = only(format.metricColumn, in: header, "metric column")
        let taken = [format.dateColumn, format.metricColumn]
        metadata = header.indices.filter { !taken.contains(bytes: header[$0]) }
            .sorted { header[$0].utf8.lexicographicallyPrecedes(header[$1].utf8) }
        checkMetadata(metadata.sorted().map { header[$0] }, format)
        for (index, name) in header.enumerated() {
            if name.isEmpty { reasons.append("column \(index + 1) has no header") }
            if name.contains(where: \.isWhitespace) {
                reasons.append("the header \(name.quoted) holds a space; Finout takes none")
            }
        }
    }

    private mutating func only(_ name: String, in header: [String], _ what: String) -> Int? {
        let places = header.indices.filter { header[$0].utf8.elementsEqual(name.utf8) }
        if places.count > 1 {
            reasons.append("the \(what) \(name.quoted) stands \(places.count) times; Finout takes one")
        }
        if places.isEmpty { reasons.append("there is no \(what) \(name.quoted)") }
        return places.count == 1 ? places[0] : nil
    }

    private mutating func checkMetadata(_ names: [String], _ format: TelemetryFormat) {
        if names.count > Self.metadataLimit {
            reasons.append("there are \(names.count) metadata columns; Finout takes \(Self.metadataLimit)")
        }
        var before: [String] = []
        for name in names {
            if before.contains(bytes: name) {
                reasons.append("the header \(name.quoted) stands more than once")
            } else if name.lowercased() == format.dateColumn.lowercased() {
                reasons.append(
                    "\(name.quoted) is a second date column beside \(format.dateColumn.quoted); Finout takes one"
                )
            } else if !name.isEmpty, !format.dimensions.contains(bytes: name) {
                reasons.append("the column \(name.quoted) is not one of the report's dimensions")
            }
            before.append(name)
        }
        for name in format.dimensions where !names.contains(bytes: name) {
            reasons.append("the column \(name.quoted), a dimension of the report, is missing")
        }
    }
}

extension [String] {
    /// Whether one of the texts has the same bytes; Swift's equality takes texts for one that readers do not.
    func contains(bytes text: String) -> Bool {
        contains { $0.utf8.elementsEqual(text.utf8) }
    }
}
