/// A FOCUS Cost and Usage dataset.
public struct FocusFormat: Sendable, Hashable {
    /// The specification's version.
    public var version: Version
    /// Slugs of the meters, each with a price.
    public var meters: [String]
    /// How data files are compressed.
    public var compression: Compression
    /// What becomes of a month's files when they change.
    public var delivery: Delivery

    /// A version of FOCUS.
    public enum Version: String, Sendable, Hashable, CaseIterable, Comparable {
        case v1_0 = "1.0"
        case v1_1 = "1.1"
        case v1_2 = "1.2"
        case v1_3 = "1.3"
        case v1_4 = "1.4"

        /// By age.
        public static func < (one: Version, other: Version) -> Bool { one.rawValue < other.rawValue }
    }

    /// A data file's compression.
    public enum Compression: String, Sendable, Hashable, CaseIterable {
        case gzip, none
    }

    /// `overwrite`: the month's files are replaced. `new`: each delivery has a folder of its own and the earlier ones stay.
    public enum Delivery: String, Sendable, Hashable, CaseIterable {
        case overwrite, new
    }

    /// Makes a FOCUS format.
    public init(
        version: Version,
        meters: [String],
        compression: Compression = .gzip,
        delivery: Delivery = .overwrite
    ) {
        self.version = version
        self.meters = meters
        self.compression = compression
        self.delivery = delivery
    }
}
