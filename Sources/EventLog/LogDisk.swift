public import Glibc

/// What a file is opened for.
public enum OpenPurpose: Sendable, Hashable {
    /// An existing file, to read.
    case reading
    /// An existing file, to read and write.
    case writing
    /// A new file, to read and write; fails where one of that name exists.
    case creating
}

/// Every system call the log makes, in one place, so that a test can tear a write, fail a sync, or fill the disk.
///
/// Descriptors are plain numbers here; the log wraps each one in a noncopyable value that closes it. `path` is only for
/// the error's text where a descriptor is given. An interrupted call (EINTR) is retried by the implementation; nothing
/// else is.
public protocol LogDisk: Sendable {
    /// Opens a file, close-on-exec; a created one has mode 0640.
    func open(_ path: String, _ purpose: OpenPurpose) throws(SystemError) -> Int32
    /// Closes a descriptor.
    func close(_ descriptor: Int32)
    /// Reads at an offset; fewer bytes than asked for is allowed, 0 is the end of the file.
    func read(
        _ descriptor: Int32,
        _ path: String,
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int64
    ) throws(SystemError) -> Int
    /// Writes up to IOV_MAX parts at an offset; may write fewer bytes than given.
    func write(
        _ descriptor: Int32,
        _ path: String,
        _ parts: UnsafeBufferPointer<iovec>,
        at offset: Int64
    ) throws(SystemError) -> Int
    /// Makes the file's bytes durable (fdatasync).
    func syncData(_ descriptor: Int32, _ path: String) throws(SystemError)
    /// Makes the file's bytes and its size durable (fsync).
    func sync(_ descriptor: Int32, _ path: String) throws(SystemError)
    /// Reserves disk space for the file's first `bytes` bytes; new ones read as zeros.
    func allocate(_ descriptor: Int32, _ path: String, bytes: Int64) throws(SystemError)
    /// Sets the file's size.
    func truncate(_ descriptor: Int32, _ path: String, to bytes: Int64) throws(SystemError)
    /// The file's size in bytes.
    func size(_ descriptor: Int32, _ path: String) throws(SystemError) -> Int64
    /// Renames a file, replacing one of the new name.
    func rename(_ path: String, to newPath: String) throws(SystemError)
    /// Gives a file a second name.
    func link(_ path: String, to newPath: String) throws(SystemError)
    /// Removes a file's name.
    func remove(_ path: String) throws(SystemError)
    /// Makes a directory and those above it that are missing.
    func makeDirectory(_ path: String) throws(SystemError)
    /// The names in a directory, in no order, without `.` and `..`.
    func list(_ directory: String) throws(SystemError) -> [String]
    /// Makes a directory's entries durable.
    func syncDirectory(_ path: String) throws(SystemError)
    /// Opens the directory and takes its exclusive lock without waiting (EWOULDBLOCK when another holds it); closing
    /// the descriptor gives it back.
    func lock(_ directory: String) throws(SystemError) -> Int32
    /// Bytes an ordinary user can still write on the directory's file system.
    func freeBytes(_ directory: String) throws(SystemError) -> Int64
}
