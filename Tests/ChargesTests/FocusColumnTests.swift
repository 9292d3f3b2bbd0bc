import ReportDefinitions
import Testing

@testable import Charges

@Suite("FOCUS columns")
struct FocusColumnTests {
    @Test("a version has exactly its columns, in the specification's order", arguments: FocusFormat.Version.allCases)
    func columns(version: FocusFormat.Version) throws {
        let expected = try FocusTable().lines(of: version).map(\.column)
        #expect(FocusColumn.columns(of: version).map(\.rawValue) == expected)
        #expect(expected.count == [.v1_0: 43, .v1_1: 50, .v1_2: 57, .v1_3: 65, .v1_4: 65][version])
    }

    @Test("columns are declared as the alphabet has them, so that datasets of all versions are sorted")
    func order() {
        let names = FocusColumn.allCases.map(\.rawValue)
        #expect(names == names.sorted())
        #expect(Set(names).count == 67)
    }

    @Test("a column's data type is the specification's")
    func types() throws {
        let names: [String: FocusColumn.DataType] = [
            "String": .string, "Date/Time": .dateTime, "Decimal": .decimal, "JSON": .json,
        ]
        for line in try FocusTable().lines {
            let column = try #require(FocusColumn(rawValue: line.column))
            #expect(column.dataType == names[line.type], "\(line.column)")
        }
    }

    @Test("a column is deprecated in the versions that say so", arguments: FocusFormat.Version.allCases)
    func deprecated(version: FocusFormat.Version) throws {
        let expected = try FocusTable().lines.filter { $0.level[version]?.contains("deprecated") == true }.map(\.column)
        #expect(FocusColumn.allCases.filter { $0.isDeprecated(in: version) }.map(\.rawValue) == expected)
    }

    @Test("each later version has the columns of the one before, but for the two that 1.4 removed")
    func growth() {
        for (one, next) in zip(FocusFormat.Version.allCases, FocusFormat.Version.allCases.dropFirst()) {
            let gone = Set(FocusColumn.columns(of: one)).subtracting(FocusColumn.columns(of: next))
            #expect(gone == (next == .v1_4 ? [.providerName, .publisherName] : []))
        }
    }
}
