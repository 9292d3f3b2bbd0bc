/// An object with CSV in it, compressed or not.
struct TableText {
    let key: String
    let limits: InspectionLimits

    /// Hands on its records; what is compressed and cannot be read is a finding.
    /// - Returns: whether it was read to its end.
    @discardableResult
    func read(
        _ bytes: [UInt8],
        book: inout InspectionBook,
        _ take: (borrowing CSVRecord, inout InspectionBook) -> Void
    ) -> Bool {
        var reader = CSVScanner()
        if key.hasBytes(suffix: ".gz") {
            var done = 0
            do throws(GzipFault) {
                try GzipReader.read(bytes, limit: limits.contentBytes) { piece, consumed in
                    reader.read(piece) { take($0, &book) }
                    book.advance(bytes: consumed - done)
                    done = consumed
                }
            } catch {
                book.find(key, "\(error)")
                return false
            }
        } else {
            bytes.withUnsafeBytes { all in
                var start = 0
                while start < all.count {
                    let end = min(start + limits.pieceBytes, all.count)
                    reader.read(UnsafeRawBufferPointer(rebasing: all[start..<end])) { take($0, &book) }
                    book.advance(bytes: end - start)
                    start = end
                }
            }
        }
        reader.finish { take($0, &book) }
        return true
    }
}

/// A table with a header that is known: the header is compared, and every row has as many fields.
struct TableCheck {
    let key: String
    let header: [String]
    /// Rows so far, without the header.
    private(set) var rows = 0
    private var isHeaderRead = false
    private var isHeaderGood = false

    init(key: String, header: [String]) {
        self.key = key
        self.header = header
    }

    /// What a record is.
    enum Kind {
        case header
        /// One whose fields may be looked at.
        case row
        case faulty
    }

    /// Takes the next record.
    mutating func take(_ record: borrowing CSVRecord, book: inout InspectionBook) -> Kind {
        defer { isHeaderRead = true }
        if isHeaderRead { rows += 1 }
        if let fault = record.fault {
            book.find(key, line: record.line, fault)
            return .faulty
        }
        guard isHeaderRead else {
            isHeaderGood = checkHeader(record.texts, book: &book)
            return isHeaderGood ? .header : .faulty
        }
        guard isHeaderGood else { return .faulty }
        guard record.count == header.count else {
            book.find(key, line: record.line, "has \(record.count.of("field")) where the header has \(header.count)")
            return .faulty
        }
        return .row
    }

    /// The file ends here.
    func finish(book: inout InspectionBook) {
        if !isHeaderRead { book.find(key, "is empty, and has not even a header") }
    }

    /// The first difference is told.
    private func checkHeader(_ found: [String], book: inout InspectionBook) -> Bool {
        let place = zip(found, header).prefix { $0.utf8.elementsEqual($1.utf8) }.count
        let (here, wanted) = (found.dropFirst(place).first?.quoted, header.dropFirst(place).first?.quoted)
        switch (here, wanted) {
        case (nil, nil): return true
        case (let here?, nil): book.find(key, line: 1, "the header has a column \(here) too many")
        case (nil, let wanted?): book.find(key, line: 1, "the header ends before the column \(wanted)")
        case (let here?, let wanted?): book.find(key, line: 1, "column \(place + 1) is \(here) and should be \(wanted)")
        }
        return false
    }
}

extension CSVScanner {
    /// The fields of a line that is in memory.
    static func fields(of line: [UInt8]) -> [String] {
        var reader = CSVScanner()
        var fields: [String] = []
        line.withUnsafeBytes { reader.read($0) { fields = $0.texts } }
        reader.finish { fields = $0.texts }
        return fields
    }
}
