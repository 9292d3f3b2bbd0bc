/// How large the parts of a file of unknown length are.
///
/// S3 takes 10 000 parts of at most 5 GiB, and 5 TiB in all (Amazon S3 User Guide, "Multipart upload limits"). The first
/// 4000 parts have the same size, 33 GB with 8 MiB each, which also servers take that want equal parts. From there on the
/// size doubles every 500 parts up to 2 GiB, so that the limit of parts is never what ends a file.
struct PartPlan: Sendable {
    /// Of the first part, in bytes.
    let size: Int

    init(_ settings: S3Settings.Multipart) {
        size = settings.partSize
    }

    /// Bytes of a part; numbers begin with 1.
    func size(ofPart number: Int) -> Int {
        let doublings = number <= Self.equalParts ? 0 : (number - Self.equalParts - 1) / Self.partsPerSize + 1
        return min(size << doublings, Self.largestPart)
    }

    static let equalParts = 4000
    static let partsPerSize = 500
    /// Parts a file may have.
    static let limit = 10_000
    /// In bytes. A ``NIOCore/ByteBuffer`` holds less than 4 GiB.
    static let largestPart = 2 << 30
    /// Bytes a file may have.
    static let largestObject = 5 << 40
}
