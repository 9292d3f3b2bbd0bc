/// RFC 4180, read by the book: fields, and whether each was quoted.
package struct CSVReader {
    package struct Field: Equatable {
        package var text: String
        package var isQuoted: Bool
    }

    package static func records(_ text: String) -> [[Field]] {
        var records: [[Field]] = []
        var record: [Field] = []
        var field = ""
        var isQuoted = false
        var inQuotes = false
        var scalars = text.unicodeScalars.makeIterator()
        var next = scalars.next()
        while let scalar = next {
            next = scalars.next()
            if inQuotes {
                if scalar != "\"" {
                    field.unicodeScalars.append(scalar)
                } else if next == "\"" {
                    field += "\""
                    next = scalars.next()
                } else {
                    inQuotes = false
                }
                continue
            }
            switch scalar {
            case "\"": (inQuotes, isQuoted) = (true, true)
            case ",", "\n":
                record.append(Field(text: field, isQuoted: isQuoted))
                (field, isQuoted) = ("", false)
                if scalar == "\n" {
                    records.append(record)
                    record = []
                }
            default: field.unicodeScalars.append(scalar)
            }
        }
        return records
    }

    /// The records after the header, as column to text; nil where a field is empty and not quoted.
    package static func rows(_ text: String) -> [[String: String]] {
        let records = records(text)
        guard let header = records.first else { return [] }
        return records.dropFirst().map { record in
            var row: [String: String] = [:]
            for (column, field) in zip(header, record) where field.isQuoted || !field.text.isEmpty {
                row[column.text] = field.text
            }
            return row
        }
    }
}
