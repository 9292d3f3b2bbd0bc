import Glibc
import Synchronization

/// The files of a ``DirectoryStore``. All calls block.
final class StoreFiles: Sendable {
    let root: String
    private let isPrepared = Mutex(false)

    init(root: String) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    /// Where files are until they are whole, below the root so that a rename stays within the file system.
    static let incoming = ".meterd-incoming"

    /// A new file that no reader sees. The first call makes the root and removes what a crash has left.
    func makeIncoming() throws(ObjectStoreError) -> StoreFile {
        let directory = root + "/" + Self.incoming
        try isPrepared.withLock { isPrepared throws(ObjectStoreError) in
            guard !isPrepared else { return }
            try makeDirectories(to: directory)
            try removeLeftovers(in: directory)
            isPrepared = true
        }
        return try StoreFile(newIn: directory)
    }

    /// Gives a whole file its name, for good.
    func publish(_ file: StoreFile, as key: String) throws(ObjectStoreError) {
        let path = root + "/" + key
        let directory = Self.parent(of: path)
        try file.sync()
        try makeDirectories(to: directory)
        try file.rename(to: path)
        try syncDirectory(directory)
    }

    /// Opens an object's file; nil where there is none.
    func open(_ key: String) throws(ObjectStoreError) -> StoreFile? {
        try StoreFile(reading: root + "/" + key)
    }

    /// Removes an object's file, if there is one.
    func remove(_ key: String) throws(ObjectStoreError) {
        let path = root + "/" + key
        guard unlink(path) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw .disk(call: "unlink", path: path, code: errno)
        }
        try syncDirectory(Self.parent(of: path))
    }

    /// All regular files whose keys begin with `prefix`, in the order of their bytes.
    func list(prefix: String) throws(ObjectStoreError) -> [ObjectEntry] {
        var entries: [ObjectEntry] = []
        // Only the directories that the prefix leads into, or that lie below it, can hold such files.
        let slash = prefix.utf8.lastIndex(of: UInt8(ascii: "/"))
        let start = slash.map { String(decoding: prefix.utf8[..<$0], as: UTF8.self) } ?? ""
        if slash != nil, (try? ObjectKey.check(start)) == nil { return [] }
        var directories = [start]
        while let directory = directories.popLast() {
            for name in try names(in: directory.isEmpty ? root : root + "/" + directory) {
                let key = directory.isEmpty ? name : directory + "/" + name
                guard key != Self.incoming, key.utf8.count <= ObjectKey.limit else { continue }
                guard key.utf8.starts(with: prefix.utf8) else { continue }
                var status = stat()
                guard lstat(root + "/" + key, &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR {
                    directories.append(key)
                } else if status.st_mode & S_IFMT == S_IFREG {
                    entries.append(ObjectEntry(key: key, size: Int(status.st_size)))
                }
            }
            guard entries.count <= listLimit else { throw .tooMany(prefix: prefix, limit: listLimit) }
        }
        return entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private func names(in path: String) throws(ObjectStoreError) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw .disk(call: "opendir", path: path, code: errno)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes a directory and its parents, each of them on disk when this returns.
    private func makeDirectories(to path: String) throws(ObjectStoreError) {
        if mkdir(path, 0o755) == 0 { return try syncDirectory(Self.parent(of: path)) }
        switch errno {
        case EEXIST: return
        case ENOENT:
            try makeDirectories(to: Self.parent(of: path))
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
                throw .disk(call: "mkdir", path: path, code: errno)
            }
            try syncDirectory(Self.parent(of: path))
        default: throw .disk(call: "mkdir", path: path, code: errno)
        }
    }

    private func syncDirectory(_ path: String) throws(ObjectStoreError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .disk(call: "open", path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .disk(call: "fsync", path: path, code: errno) }
    }

    /// A file that a living process writes is locked; the others are of processes that ended.
    private func removeLeftovers(in directory: String) throws(ObjectStoreError) {
        for name in try names(in: directory) {
            let path = directory + "/" + name
            let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
