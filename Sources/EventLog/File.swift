internal import Glibc

/// An open descriptor, closed when this value ends; the path is for errors.
struct File: ~Copyable, Sendable {
    let descriptor: Int32
    let path: String
    let disk: any LogDisk

    init(_ path: String, _ purpose: OpenPurpose, on disk: any LogDisk) throws(SystemError) {
        self.descriptor = try disk.open(path, purpose)
        self.path = path
        self.disk = disk
    }

    /// The directory itself, open and locked.
    init(locking directory: String, on disk: any LogDisk) throws(SystemError) {
        self.descriptor = try disk.lock(directory)
        self.path = directory
        self.disk = disk
    }

    deinit { disk.close(descriptor) }

    /// Reads until the buffer is full or the file ends; returns the bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try disk.read(descriptor, path, into: rest, at: offset + Int64(done))
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Reads from the beginning into an array, until it is full or the file ends.
    func readAll(into bytes: inout [UInt8], at offset: Int64 = 0) throws(SystemError) -> Int {
        let result: Result<Int, SystemError> = bytes.withUnsafeMutableBytes { buffer in
            do throws(SystemError) { return .success(try read(into: buffer, at: offset)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Writes a whole array.
    func writeAll(_ bytes: [UInt8], at offset: Int64) throws(SystemError) {
        let result: Result<Void, SystemError> = bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { return .success(try write(buffer, at: offset)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Writes all the bytes, however many calls that takes.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            var part = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.advanced(by: done),
                iov_len: bytes.count - done
            )
            done += try write(parts: &part, at: offset + Int64(done))
        }
    }

    /// One call for up to IOV_MAX parts; at least one byte is written or it throws.
    func write(parts: UnsafeBufferPointer<iovec>, at offset: Int64) throws(SystemError) -> Int {
        let count = try disk.write(descriptor, path, parts, at: offset)
        // A device that takes nothing and says nothing is broken: going round for ever would hide it.
        guard count > 0 else { throw SystemError(call: "pwritev", path: path, number: EIO) }
        return count
    }

    func syncData() throws(SystemError) { try disk.syncData(descriptor, path) }
    func sync() throws(SystemError) { try disk.sync(descriptor, path) }
    func allocate(bytes: Int64) throws(SystemError) { try disk.allocate(descriptor, path, bytes: bytes) }
    func truncate(to bytes: Int64) throws(SystemError) { try disk.truncate(descriptor, path, to: bytes) }
    func size() throws(SystemError) -> Int64 { try disk.size(descriptor, path) }

    private func write(parts part: inout iovec, at offset: Int64) throws(SystemError) -> Int {
        let result: Result<Int, SystemError> = withUnsafePointer(to: &part) { pointer in
            do throws(SystemError) {
                return .success(try write(parts: UnsafeBufferPointer(start: pointer, count: 1), at: offset))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
