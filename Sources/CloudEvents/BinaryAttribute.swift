/// An attribute of an event in binary mode: its name and its plain value, both borrowed.
struct BinaryAttribute {
    let name: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer
    private let attribute: Attribute

    init(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        self.name = name
        self.value = value
        attribute =
            name.baseAddress.map { Attribute.named($0.assumingMemoryBound(to: UInt8.self), name.count) } ?? .extension
    }

    /// The content type of the data, as an attribute.
    static func datacontenttype(_ value: UnsafeRawBufferPointer) -> BinaryAttribute {
        let name: StaticString = "datacontenttype"
        return BinaryAttribute(
            name: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
            value: value
        )
    }

    /// Whether it can be no header, because the body and its content type say it.
    var isReserved: Bool {
        attribute == .data || attribute == .dataBase64 || attribute == .datacontenttype
    }

    /// Whether it is written before the other one: `specversion`, `id`, `source`, `type`, `subject`, `time`, then the
    /// others by name.
    func isBefore(_ other: BinaryAttribute) -> Bool {
        if place != other.place { return place < other.place }
        return place == Self.afterKnown && name.lexicographicallyPrecedes(other.name)
    }

    private static let afterKnown = Attribute.time.rawValue + 1

    private var place: UInt8 { min(attribute.rawValue, Self.afterKnown) }
}
