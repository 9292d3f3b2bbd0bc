import Metering
import Testing

@Suite("Aggregation")
struct AggregationTests {
    @Test("names are those of the API, upper case", arguments: Aggregation.allCases)
    func names(aggregation: Aggregation) {
        #expect(Aggregation(rawValue: aggregation.rawValue) == aggregation)
        #expect(aggregation.rawValue == aggregation.rawValue.uppercased())
        #expect(Aggregation(rawValue: aggregation.rawValue.lowercased()) == nil)
    }

    @Test("each aggregation keeps exactly one kind of thing, and only sums and counts can subtract")
    func kinds() {
        #expect(Set(Aggregation.allCases.filter(\.isAdditive)) == [.sum, .count, .avg])
        #expect(Aggregation.allCases.filter(\.keepsCells).map(\.percentile) == [50, 90, 95, 99])
        #expect(Aggregation.allCases.filter(\.keepsLevels) == [.weightedSum])
        #expect(Set(Aggregation.allCases.filter { !$0.measuresNumber }) == [.count, .uniqueCount])
        #expect(Aggregation.allCases.filter { !$0.measuresValue } == [.count])
        for aggregation in Aggregation.allCases {
            #expect([aggregation.isAdditive, aggregation.keepsCells, aggregation.keepsLevels].count { $0 } <= 1)
        }
    }
}
