/// The file operations the index needs. ``DiskRunFiles`` is the real one; a test passes one that fails or forgets.
///
/// A descriptor is what `create` or `open` returned and `close` ends. Every read and write is complete or throws.
public protocol RunFiles: Sendable {
    /// Makes a directory with its parents where it is missing.
    func makeDirectory(_ path: String) throws(DedupeError)
    /// Names of the directory's entries, without "." and "..", in any order.
    func list(_ directory: String) throws(DedupeError) -> [String]
    /// Makes a new file, or empties an old one, for reading and writing.
    func create(_ path: String) throws(DedupeError) -> Int32
    /// Opens a file for reading; nil when there is none.
    func open(_ path: String) throws(DedupeError) -> Int32?
    /// Length of an open file in bytes.
    func size(_ descriptor: Int32, path: String) throws(DedupeError) -> UInt64
    /// Reads `bytes.count` bytes at `offset`, fewer only at the end of the file; returns how many.
    func read(
        _ descriptor: Int32,
        into bytes: UnsafeMutableRawBufferPointer,
        at offset: UInt64,
        path: String
    ) throws(DedupeError) -> Int
    /// Writes all of `bytes` at `offset`.
    func write(
        _ descriptor: Int32,
        _ bytes: UnsafeRawBufferPointer,
        at offset: UInt64,
        path: String
    ) throws(DedupeError)
    /// Waits until the file's bytes and length are on disk.
    func synchronize(_ descriptor: Int32, path: String) throws(DedupeError)
    /// Waits until the names in the directory are on disk.
    func synchronizeDirectory(_ path: String) throws(DedupeError)
    /// Gives a file its final name.
    func rename(_ path: String, to newPath: String) throws(DedupeError)
    /// Removes a file; that it is gone already is no error.
    func remove(_ path: String) throws(DedupeError)
    /// Ends a descriptor.
    func close(_ descriptor: Int32)
}
