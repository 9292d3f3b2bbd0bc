internal import Glibc

/// ``RunFiles`` on a real disk.
public struct DiskRunFiles: RunFiles {
    /// Bytes given to one write call.
    private static let writeLimit = 1 << 20

    /// The real disk.
    public init() {}

    /// Makes a directory with its parents, readable by the owner only.
    public func makeDirectory(_ path: String) throws(DedupeError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let number = errno
        guard number == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .system(call: "mkdir", path: path, number: number)
        }
        try makeDirectory(String(path[..<slash]))
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure("mkdir", path) }
    }

    /// Names of the directory's entries.
    public func list(_ directory: String) throws(DedupeError) -> [String] {
        guard let stream = opendir(directory) else { throw failure("opendir", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw failure("readdir", directory) }
                return names
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// Makes a new file, or empties an old one.
    public func create(_ path: String) throws(DedupeError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw failure("open", path) }
        return descriptor
    }

    /// Opens a file for reading; nil when there is none.
    public func open(_ path: String) throws(DedupeError) -> Int32? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 { return descriptor }
        if errno == ENOENT { return nil }
        throw failure("open", path)
    }

    /// Length of an open file in bytes.
    public func size(_ descriptor: Int32, path: String) throws(DedupeError) -> UInt64 {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw failure("fstat", path) }
        return UInt64(status.st_size)
    }

    /// Reads until `bytes` is full or the file ends.
    public func read(
        _ descriptor: Int32,
        into bytes: UnsafeMutableRawBufferPointer,
        at offset: UInt64,
        path: String
    ) throws(DedupeError) -> Int {
        var done = 0
        while done < bytes.count {
            guard let base = bytes.baseAddress else { break }
            let got = pread(descriptor, base + done, bytes.count - done, off_t(offset) + off_t(done))
            if got == 0 { break }
            if got > 0 { done += got } else if errno != EINTR { throw failure("pread", path) }
        }
        return done
    }

    /// Writes all of `bytes` at `offset`.
    public func write(
        _ descriptor: Int32,
        _ bytes: UnsafeRawBufferPointer,
        at offset: UInt64,
        path: String
    ) throws(DedupeError) {
        var done = 0
        while done < bytes.count {
            guard let base = bytes.baseAddress else { break }
            let length = min(bytes.count - done, Self.writeLimit)
            let put = pwrite(descriptor, base + done, length, off_t(offset) + off_t(done))
            if put >= 0 { done += put } else if errno != EINTR { throw failure("pwrite", path) }
        }
    }

    /// Waits until the file is on disk. A failed sync is final: it is not tried again.
    public func synchronize(_ descriptor: Int32, path: String) throws(DedupeError) {
        if fsync(descriptor) != 0 { throw failure("fsync", path) }
    }

    /// Waits until the names in the directory are on disk.
    public func synchronizeDirectory(_ path: String) throws(DedupeError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw failure("open", path) }
        defer { Glibc.close(descriptor) }
        if fsync(descriptor) != 0 { throw failure("fsync", path) }
    }

    /// Gives a file its final name.
    public func rename(_ path: String, to newPath: String) throws(DedupeError) {
        if Glibc.rename(path, newPath) != 0 { throw failure("rename", path) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(DedupeError) {
        if unlink(path) != 0, errno != ENOENT { throw failure("unlink", path) }
    }

    /// Ends a descriptor.
    public func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }

    private func failure(_ call: String, _ path: String) -> DedupeError {
        .system(call: call, path: path, number: errno)
    }
}
