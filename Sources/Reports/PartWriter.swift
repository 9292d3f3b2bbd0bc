import Gzip
import ReportFormats

/// Cuts the rows of a delivery into its files: a header, rows with separators between them, a footer, no more rows and
/// bytes than the format allows, compressed where it wants that.
struct PartWriter: ~Copyable {
    private let layout: FileLayout
    private let isCompressed: Bool
    private var spool: ReportSpool
    private var gzip: GzipEncoder?
    /// What is not yet compressed and spooled.
    private var pending: [UInt8] = []
    /// Of the part under way, before compression.
    private var rows = 0
    private var bytes = 0
    private var parts: [WrittenPart] = []

    /// Bytes that are collected before they are compressed and spooled.
    private static let pendingLimit = 1 << 18

    /// Begins the first part.
    init(layout: FileLayout, isCompressed: Bool, spool settings: SpoolSettings) throws(PartError) {
        self.layout = layout
        self.isCompressed = isCompressed
        spool = ReportSpool(settings)
        try begin()
    }

    /// Adds rows; `rowEnds` says where each one ends.
    mutating func append(_ rowBytes: [UInt8], rowEnds: [Int]) throws(PartError) {
        precondition((rowEnds.last ?? 0) == rowBytes.count, "rows fill their bytes")
        if layout.separator.isEmpty, fits(rowEnds.count, rowBytes.count) {
            rows += rowEnds.count
            return try write(rowBytes)
        }
        var start = 0
        for end in rowEnds {
            let between = rows > 0 ? layout.separator.count : 0
            if rows > 0, !fits(1, between + end - start) {
                try self.end()
                try begin()
            }
            guard fits(1, (rows > 0 ? between : 0) + end - start) else {
                throw .rowTooLarge(bytes: end - start, limit: layout.byteLimit ?? 0)
            }
            if rows > 0 { try write(layout.separator) }
            try write(rowBytes[start..<end])
            rows += 1
            start = end
        }
    }

    /// Ends the last part.
    consuming func finish() throws(PartError) -> (spooled: SpooledReport, parts: [WrittenPart]) {
        try end()
        do {
            return (try spool.finish(), parts)
        } catch {
            throw .spool(error)
        }
    }

    /// Whether the part under way has room.
    private func fits(_ moreRows: Int, _ moreBytes: Int) -> Bool {
        rows + moreRows <= layout.rowLimit ?? .max
            && bytes + moreBytes + layout.footer.count <= layout.byteLimit ?? .max
    }

    private mutating func begin() throws(PartError) {
        guard parts.count < DeliveryKeys.partLimit else { throw .tooManyParts }
        rows = 0
        bytes = 0
        gzip = isCompressed ? GzipEncoder() : nil
        try write(layout.header)
    }

    private mutating func end() throws(PartError) {
        try write(layout.footer)
        try flush()
        if let encoder = gzip.take() { try spool(encoder.finish()) }
        parts.append(WrittenPart(file: spool.cut(), rows: rows))
    }

    private mutating func write(_ more: some Collection<UInt8>) throws(PartError) {
        bytes += more.count
        pending += more
        if pending.count > Self.pendingLimit { try flush() }
    }

    private mutating func flush() throws(PartError) {
        let bytes = pending
        pending = []
        if gzip != nil {
            let compressed = gzip?.append(bytes) ?? []
            try spool(compressed)
        } else {
            try spool(bytes)
        }
    }

    private mutating func spool(_ bytes: [UInt8]) throws(PartError) {
        do {
            try spool.append(bytes)
        } catch {
            throw .spool(error)
        }
    }
}

/// A finished data file.
struct WrittenPart: Sendable {
    var file: SpooledFile
    var rows: Int
}

/// Why rows could not be made into files.
enum PartError: Error, CustomStringConvertible {
    case spool(SpoolError)
    /// One row alone is larger than a file may be, in bytes.
    case rowTooLarge(bytes: Int, limit: Int)
    /// The rows need more files than there are numbers.
    case tooManyParts

    var description: String {
        switch self {
        case .spool(let error): "\(error)"
        case .rowTooLarge(let bytes, let limit):
            "a row of \(bytes) bytes does not fit into a file, which may have \(limit) bytes"
        case .tooManyParts: "the rows do not fit into \(DeliveryKeys.partLimit) files"
        }
    }
}
