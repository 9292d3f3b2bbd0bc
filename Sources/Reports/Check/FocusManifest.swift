import Foundation

/// What a billing month's manifest says, as `FocusMetadata` writes it; see docs/formats/reports.md.
struct FocusManifest: Decodable, Hashable {
    var report: String
    var version: String
    var schemaID: String
    var billingPeriod: String
    var rows: Int
    var totals: [Total]
    var files: [File]
    var columns: [Column]

    struct Total: Decodable, Hashable {
        var currency: String
        var billedCost: String

        enum CodingKeys: String, CodingKey {
            case currency
            case billedCost = "BilledCost"
        }
    }

    struct File: Decodable, Hashable {
        var key: String
        var bytes: Int
        var rows: Int
        var sha256: String
    }

    struct Column: Decodable, Hashable {
        var name: String
        var type: String
    }

    enum CodingKeys: String, CodingKey {
        case version = "FocusVersion"
        case schemaID = "SchemaId"
        case report, billingPeriod, rows, totals, files, columns
    }
}

/// As much of a schema object as is compared.
struct FocusSchema: Decodable, Hashable {
    var schemaID: String
    var version: String
    var columns: [Column]

    struct Column: Decodable, Hashable {
        var name: String

        enum CodingKeys: String, CodingKey { case name = "ColumnName" }
    }

    enum CodingKeys: String, CodingKey {
        case schemaID = "SchemaId"
        case version = "FocusVersion"
        case columns = "ColumnDefinition"
    }
}

/// JSON that an inspection reads.
enum InspectedJSON {
    /// What the bytes are; nil where they are something else.
    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }

    /// The bytes as whatever JSON they are; nil where they are none.
    static func value(_ bytes: [UInt8]) -> Any? {
        try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    }
}
