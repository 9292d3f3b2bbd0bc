public import Glibc

/// The machine's own file system.
public struct SystemDisk: LogDisk {
    /// Makes the one there is.
    public init() {}

    /// `open(2)`.
    public func open(_ path: String, _ purpose: OpenPurpose) throws(SystemError) -> Int32 {
        let flags: Int32 =
            switch purpose {
            case .reading: O_RDONLY | O_CLOEXEC
            case .writing: O_RDWR | O_CLOEXEC
            case .creating: O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC
            }
        return try retrying("open", path) { Glibc.open(path, flags, 0o640) }
    }

    /// `close(2)`.
    public func close(_ descriptor: Int32) {
        // What had to be durable was synced before, and Linux gives the descriptor back even when close fails.
        _ = Glibc.close(descriptor)
    }

    /// `pread(2)`.
    public func read(
        _ descriptor: Int32,
        _ path: String,
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int64
    ) throws(SystemError) -> Int {
        try retrying("pread", path) { Glibc.pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    /// `pwritev(2)`.
    public func write(
        _ descriptor: Int32,
        _ path: String,
        _ parts: UnsafeBufferPointer<iovec>,
        at offset: Int64
    ) throws(SystemError) -> Int {
        try retrying("pwritev", path) {
            Glibc.pwritev(descriptor, parts.baseAddress, Int32(parts.count), off_t(offset))
        }
    }

    /// `fdatasync(2)`, never retried.
    public func syncData(_ descriptor: Int32, _ path: String) throws(SystemError) {
        // Not retried, not even when interrupted: after a failed sync nobody can say what is on the disk.
        guard Glibc.fdatasync(descriptor) == 0 else { throw SystemError(call: "fdatasync", path: path, number: errno) }
    }

    /// `fsync(2)`, never retried.
    public func sync(_ descriptor: Int32, _ path: String) throws(SystemError) {
        guard Glibc.fsync(descriptor) == 0 else { throw SystemError(call: "fsync", path: path, number: errno) }
    }

    /// `posix_fallocate(3)`.
    public func allocate(_ descriptor: Int32, _ path: String, bytes: Int64) throws(SystemError) {
        var number: Int32
        repeat { number = Glibc.posix_fallocate(descriptor, 0, off_t(bytes)) } while number == EINTR
        guard number == 0 else { throw SystemError(call: "posix_fallocate", path: path, number: number) }
    }

    /// `ftruncate(2)`.
    public func truncate(_ descriptor: Int32, _ path: String, to bytes: Int64) throws(SystemError) {
        _ = try retrying("ftruncate", path) { Glibc.ftruncate(descriptor, off_t(bytes)) }
    }

    /// `fstat(2)`.
    public func size(_ descriptor: Int32, _ path: String) throws(SystemError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError(call: "fstat", path: path, number: errno) }
        return Int64(status.st_size)
    }

    /// `rename(2)`.
    public func rename(_ path: String, to newPath: String) throws(SystemError) {
        guard Glibc.rename(path, newPath) == 0 else { throw SystemError(call: "rename", path: path, number: errno) }
    }

    /// `link(2)`.
    public func link(_ path: String, to newPath: String) throws(SystemError) {
        guard Glibc.link(path, newPath) == 0 else { throw SystemError(call: "link", path: newPath, number: errno) }
    }

    /// `unlink(2)`.
    public func remove(_ path: String) throws(SystemError) {
        guard Glibc.unlink(path) == 0 else { throw SystemError(call: "unlink", path: path, number: errno) }
    }

    /// `mkdir(2)`, for each part that is missing; mode 0750.
    public func makeDirectory(_ path: String) throws(SystemError) {
        if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemError(call: "mkdir", path: path, number: errno)
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else {
            throw SystemError(call: "mkdir", path: path, number: errno)
        }
    }

    /// `opendir(3)` and `readdir(3)`.
    public func list(_ directory: String) throws(SystemError) -> [String] {
        guard let stream = opendir(directory) else {
            throw SystemError(call: "opendir", path: directory, number: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemError(call: "readdir", path: directory, number: errno) }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// `fsync(2)` of the directory.
    public func syncDirectory(_ path: String) throws(SystemError) {
        let descriptor = try openDirectory(path)
        defer { _ = Glibc.close(descriptor) }
        guard Glibc.fsync(descriptor) == 0 else { throw SystemError(call: "fsync", path: path, number: errno) }
    }

    /// `flock(2)` of the directory.
    public func lock(_ directory: String) throws(SystemError) -> Int32 {
        let descriptor = try openDirectory(directory)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            _ = Glibc.close(descriptor)
            throw SystemError(call: "flock", path: directory, number: number)
        }
        return descriptor
    }

    /// `statvfs(3)`: the blocks an ordinary user may have.
    public func freeBytes(_ directory: String) throws(SystemError) -> Int64 {
        var status = Glibc.statvfs()
        let result = withUnsafeMutablePointer(to: &status) { statvfs(directory, $0) }
        guard result == 0 else {
            throw SystemError(call: "statvfs", path: directory, number: errno)
        }
        return Int64(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue
        )
    }

    private func openDirectory(_ path: String) throws(SystemError) -> Int32 {
        try retrying("open", path) { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }

    private func retrying<Value: FixedWidthInteger>(
        _ call: String,
        _ path: String,
        _ body: () -> Value
    ) throws(SystemError) -> Value {
        while true {
            let value = body()
            if value >= 0 { return value }
            guard errno == EINTR else { throw SystemError(call: call, path: path, number: errno) }
        }
    }
}
