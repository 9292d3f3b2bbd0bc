import Foundation
import GRDB
import Metering

/// The column `hash` of a unique value.
enum UniqueValueRow {
    static func hash(_ bytes: Data, path: String) throws -> UniqueHash {
        guard let hash = UniqueHash(bytes: bytes) else {
            throw UsageStoreError.damaged(path: path, what: "a unique value's hash has \(bytes.count) bytes")
        }
        return hash
    }
}

/// The column `cell` of a sketch.
enum SketchRow {
    static func cell(_ number: Int32, path: String) throws -> QuantileCell {
        guard let cell = QuantileCell(rawValue: number) else {
            throw UsageStoreError.damaged(path: path, what: "a sketch has a cell \(number), which no value has")
        }
        return cell
    }
}

/// The columns `time, sequence, value` of a level.
enum LevelRow {
    static func point(_ row: Row, series: UInt32, path: String) throws -> LevelPoint {
        let sequence: Int64 = row[1]
        return LevelPoint(
            series: series,
            time: row[0],
            sequence: UInt64(bitPattern: sequence),
            value: try TotalRow.decimal(row[2], path: path)
        )
    }
}
