import CloudEvents
import Foundation
public import Metering

/// A meter as the store keeps it.
public struct StoredMeter: Sendable, Hashable {
    /// Its number in the tables; never used again for another meter.
    public let number: Int32
    /// A ULID.
    public internal(set) var id: String
    /// The definition it counts by.
    public var meter: Meter
    /// The width of its buckets in seconds: 3600, or 900 where a zone is not whole hours from UTC.
    public let bucketSeconds: Int64
    /// Events with smaller sequence numbers were in the log before the meter was.
    public let fromSequence: UInt64
    /// Whether the configuration names it; one that is not named keeps its totals and counts no more.
    public var active: Bool
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let createdAt: Int64
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var updatedAt: Int64

    /// Makes a stored meter.
    public init(
        number: Int32,
        id: String,
        meter: Meter,
        bucketSeconds: Int64,
        fromSequence: UInt64,
        active: Bool,
        createdAt: Int64,
        updatedAt: Int64
    ) {
        self.number = number
        self.id = id
        self.meter = meter
        self.bucketSeconds = bucketSeconds
        self.fromSequence = fromSequence
        self.active = active
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// What differs between two definitions in a way that changes what is counted.
    public func countingDifferences(to other: Meter, bucketSeconds otherBucketSeconds: Int64) -> [String] {
        var changed: [String] = []
        if meter.eventType != other.eventType { changed.append("eventType") }
        if meter.eventFrom != other.eventFrom { changed.append("eventFrom") }
        if meter.aggregation != other.aggregation { changed.append("aggregation") }
        if meter.valueProperty != other.valueProperty { changed.append("valueProperty") }
        if meter.groupBy != other.groupBy { changed.append("groupBy") }
        if otherBucketSeconds < bucketSeconds { changed.append("bucket width (a report's time zone)") }
        return changed
    }
}

/// The JSON form of a meter's definition in the `meter` table.
struct MeterDefinition: Codable {
    var slug: String
    var name: String
    var description: String?
    var eventType: String
    var eventFrom: Int64?
    var aggregation: String
    var valueProperty: String?
    var groupBy: [String: String]
    var metadata: [String: String]

    init(_ meter: Meter) {
        slug = meter.slug
        name = meter.name
        description = meter.description
        eventType = meter.eventType
        eventFrom = meter.eventFrom?.microseconds
        aggregation = meter.aggregation.rawValue
        valueProperty = meter.valueProperty?.description
        groupBy = Dictionary(uniqueKeysWithValues: meter.groupBy.map { ($0.name, $0.path.description) })
        metadata = meter.metadata
    }

    /// The JSON text, with sorted keys so that the same definition is the same text.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    static func meter(from text: String) throws -> Meter {
        let stored = try JSONDecoder().decode(MeterDefinition.self, from: Data(text.utf8))
        guard let aggregation = Aggregation(rawValue: stored.aggregation) else {
            throw UsageStoreError.damaged(path: "meter", what: "\(stored.slug) has aggregation \(stored.aggregation)")
        }
        return try Meter(
            slug: stored.slug,
            name: stored.name,
            description: stored.description,
            eventType: stored.eventType,
            eventFrom: stored.eventFrom.map { Timestamp(microseconds: $0) },
            aggregation: aggregation,
            valueProperty: try stored.valueProperty.map { try ValuePath($0) },
            groupBy: try stored.groupBy.map { Dimension(name: $0.key, path: try ValuePath($0.value)) },
            metadata: stored.metadata
        )
    }
}
