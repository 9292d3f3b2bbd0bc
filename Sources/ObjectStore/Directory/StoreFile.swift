import Glibc
import Synchronization

/// One open file of a ``DirectoryStore``. All calls block; one task at a time uses it.
final class StoreFile: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Bytes read at a time.
    static let pageSize = 1 << 20

    /// A new file, locked while it is open so that no one takes it for a leftover.
    init(newIn directory: String) throws(ObjectStoreError) {
        while true {
            let path = directory + "/" + String(UInt64.random(in: .min ... .max), radix: 36)
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor < 0 && errno == EEXIST { continue }
            guard descriptor >= 0 else { throw .disk(call: "open", path: path, code: errno) }
            // Between open and flock another process may have found it unlocked and removed it. Then there is another try.
            var status = stat()
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0, status.st_nlink > 0 {
                (self.descriptor, self.path) = (descriptor, path)
                return
            }
            close(descriptor)
        }
    }

    /// A file to read; nil where there is none.
    init?(reading path: String) throws(ObjectStoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 && (errno == ENOENT || errno == ENOTDIR) { return nil }
        guard descriptor >= 0 else { throw .disk(call: "open", path: path, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        (self.descriptor, self.path) = (descriptor, path)
    }

    deinit {
        close(descriptor)
    }

    /// Adds bytes at the end.
    func append(_ bytes: [UInt8]) throws(ObjectStoreError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw .disk(call: "write", path: path, code: errno)
            }
        }
    }

    /// The next page; nil at the end.
    func read() throws(ObjectStoreError) -> [UInt8]? {
        while true {
            var failure: Int32 = 0
            let page = [UInt8](unsafeUninitializedCapacity: Self.pageSize) { buffer, count in
                let result = Glibc.read(descriptor, buffer.baseAddress, Self.pageSize)
                if result < 0 { failure = errno }
                count = max(result, 0)
            }
            if failure == 0 { return page.isEmpty ? nil : page }
            guard failure == EINTR else { throw .disk(call: "read", path: path, code: failure) }
        }
    }

    /// In bytes.
    func size() throws(ObjectStoreError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .disk(call: "fstat", path: path, code: errno) }
        return Int(status.st_size)
    }

    /// Returns when the bytes are on disk.
    func sync() throws(ObjectStoreError) {
        guard fsync(descriptor) == 0 else { throw .disk(call: "fsync", path: path, code: errno) }
    }

    /// Moves it in place of what is there.
    func rename(to target: String) throws(ObjectStoreError) {
        guard Glibc.rename(path, target) == 0 else { throw .disk(call: "rename", path: target, code: errno) }
    }

    /// Removes it under its first name, if it still has that.
    func discard() {
        unlink(path)
    }
}
