/// Memory that frames read from a file point into; freed when the last of them lets go.
///
/// `@unchecked Sendable`: the reader writes to it only while it holds the only reference.
final class ReadBuffer: @unchecked Sendable {
    private static let alignment = 64
    let bytes: UnsafeMutableRawBufferPointer

    init(capacity: Int) {
        bytes = .allocate(byteCount: capacity, alignment: Self.alignment)
    }

    deinit { bytes.deallocate() }
}
