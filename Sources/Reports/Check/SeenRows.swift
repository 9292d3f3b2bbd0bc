import Metering

/// Which days and metadata have had a row, to find a second one.
///
/// A row is kept as 128 bits of hash, so that two different rows are about never taken for one. Up to a limit all rows of
/// all files are compared; beyond it those of a file with each other.
struct SeenRows {
    /// Where a row is.
    struct Place: Hashable {
        var file: Int32
        var line: Int32
    }

    private struct Fingerprint: Hashable {
        var low: Int
        var high: Int
    }

    private let limit: Int
    private var places: [Fingerprint: Place] = [:]
    private var file: Int32 = -1
    /// The file in which the limit was met first; nil: all rows were compared.
    private(set) var limitFile: Int?
    /// The line from which on rows of a file were not even compared with those of their own file, by file.
    private(set) var uncompared: [(file: Int, line: Int)] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// The next file begins.
    mutating func begin() {
        file += 1
        if limitFile != nil { places.removeAll(keepingCapacity: true) }
    }

    /// Keeps a row.
    /// - Parameter metadata: the columns of metadata in the same order for all files.
    /// - Returns: where the first row of the same day and metadata is.
    mutating func insert(_ record: borrowing CSVRecord, day: LocalDay, metadata: [Int]) -> Place? {
        let fingerprint = Fingerprint(
            low: hash(record, day: day, metadata: metadata, seed: 0),
            high: hash(record, day: day, metadata: metadata, seed: 1)
        )
        if let first = places[fingerprint] { return first }
        guard places.count < limit else {
            if limitFile == nil { limitFile = Int(file) }
            if uncompared.last?.file != Int(file) { uncompared.append((Int(file), record.line)) }
            return nil
        }
        places[fingerprint] = Place(file: file, line: Int32(clamping: record.line))
        return nil
    }

    private func hash(_ record: borrowing CSVRecord, day: LocalDay, metadata: [Int], seed: UInt8) -> Int {
        var hasher = Hasher()
        hasher.combine(seed)
        hasher.combine(day)
        for column in metadata {
            let field = record[column]
            hasher.combine(field.count)
            field.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
        return hasher.finalize()
    }
}
