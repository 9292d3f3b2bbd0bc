import EventLog
import Glibc
import Synchronization

/// A disk in memory that keeps apart what was written and what was synced, and can lose power.
///
/// Files consist of 512-byte sectors. What is not synced survives `crash` sector by sector as chance will have it: whole, not
/// at all, or torn within. Names (create, rename, link, remove) survive in the order they were made, up to some point, and
/// all that came before a directory sync do.
final class SimulatedDisk: LogDisk {
    static let sector = 512

    struct Inode {
        var current: [UInt8] = []
        var durable: [UInt8] = []
        var dirty: Set<Int> = []
        /// Sectors a failed sync gave up: reads still show what was written, the disk does not have it, and no later
        /// sync writes it, because the system takes it for clean.
        var lost: Set<Int> = []
    }

    struct State {
        var inodes: [Int: Inode] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var pendingNames: [(path: String, inode: Int?)] = []
        var open: [Int32: Int] = [:]
        var nextDescriptor: Int32 = 100
        var nextInode = 1
        var lockedBy: Int32?
        var free: Int64 = 1 << 40
        /// Called before each call that changes something; throws to make it fail. The number counts such calls.
        var fault: (@Sendable (_ call: String, _ path: String, _ number: Int) -> Int32?)?
        var calls = 0
        /// The most bytes one write takes; nil for all.
        var writeLimit: Int?
    }

    let state: Mutex<State>

    init(_ state: State = State()) { self.state = Mutex(state) }

    func setFault(_ fault: (@Sendable (_ call: String, _ path: String, _ number: Int) -> Int32?)?) {
        state.withLock { $0.fault = fault }
    }

    var calls: Int { state.withLock { $0.calls } }

    // MARK: LogDisk

    func open(_ path: String, _ purpose: OpenPurpose) throws(SystemError) -> Int32 {
        try change(purpose == .creating ? "open" : nil, path) { state throws(SystemError) in
            if purpose == .creating {
                guard state.names[path] == nil else { throw SystemError(call: "open", path: path, number: EEXIST) }
                state.inodes[state.nextInode] = Inode()
                state.setName(path, state.nextInode)
                state.nextInode += 1
            }
            guard let inode = state.names[path] else { throw SystemError(call: "open", path: path, number: ENOENT) }
            state.nextDescriptor += 1
            state.open[state.nextDescriptor] = inode
            return state.nextDescriptor
        }
    }

    func close(_ descriptor: Int32) {
        state.withLock { state in
            state.open[descriptor] = nil
            if state.lockedBy == descriptor { state.lockedBy = nil }
        }
    }

    func read(
        _ descriptor: Int32,
        _ path: String,
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int64
    ) throws(SystemError) -> Int {
        // The lock's closure must not capture the buffer: it hands out the bytes instead.
        let bytes = state.withLock { state -> [UInt8] in
            guard let inode = state.open[descriptor], let file = state.inodes[inode] else { return [] }
            return Array(file.current.dropFirst(Int(offset)).prefix(buffer.count))
        }
        buffer.copyBytes(from: bytes)
        return bytes.count
    }

    func write(
        _ descriptor: Int32,
        _ path: String,
        _ parts: UnsafeBufferPointer<iovec>,
        at offset: Int64
    ) throws(SystemError) -> Int {
        let bytes = parts.reduce(into: [UInt8]()) {
            $0.append(contentsOf: UnsafeRawBufferPointer(start: $1.iov_base, count: $1.iov_len))
        }
        return try change("pwritev", path) { state throws(SystemError) in
            let taken = min(bytes.count, state.writeLimit ?? bytes.count)
            state.put(bytes.prefix(taken), descriptor, at: Int(offset))
            return taken
        }
    }

    func syncData(_ descriptor: Int32, _ path: String) throws(SystemError) {
        try change("fdatasync", path) { state throws(SystemError) in state.settle(descriptor) }
    }

    func sync(_ descriptor: Int32, _ path: String) throws(SystemError) {
        try change("fsync", path) { state throws(SystemError) in state.settle(descriptor) }
    }

    func allocate(_ descriptor: Int32, _ path: String, bytes: Int64) throws(SystemError) {
        try change("posix_fallocate", path) { state throws(SystemError) in
            guard let inode = state.open[descriptor], var file = state.inodes[inode] else { return }
            file.current += [UInt8](repeating: 0, count: max(0, Int(bytes) - file.current.count))
            state.inodes[inode] = file
        }
    }

    func truncate(_ descriptor: Int32, _ path: String, to bytes: Int64) throws(SystemError) {
        try change("ftruncate", path) { state throws(SystemError) in
            guard let inode = state.open[descriptor], var file = state.inodes[inode] else { return }
            file.current.removeLast(max(0, file.current.count - Int(bytes)))
            state.inodes[inode] = file
        }
    }

    func size(_ descriptor: Int32, _ path: String) throws(SystemError) -> Int64 {
        state.withLock { state in Int64(state.open[descriptor].flatMap { state.inodes[$0]?.current.count } ?? 0) }
    }

    func rename(_ path: String, to newPath: String) throws(SystemError) {
        try change("rename", path) { state throws(SystemError) in
            guard let inode = state.names[path] else { throw SystemError(call: "rename", path: path, number: ENOENT) }
            state.setName(newPath, inode)
            state.setName(path, nil)
        }
    }

    func link(_ path: String, to newPath: String) throws(SystemError) {
        try change("link", path) { state throws(SystemError) in
            guard let inode = state.names[path] else { throw SystemError(call: "link", path: path, number: ENOENT) }
            state.setName(newPath, inode)
        }
    }

    func remove(_ path: String) throws(SystemError) {
        try change("unlink", path) { state throws(SystemError) in
            guard state.names[path] != nil else { throw SystemError(call: "unlink", path: path, number: ENOENT) }
            state.setName(path, nil)
        }
    }

    func makeDirectory(_ path: String) throws(SystemError) {}

    func list(_ directory: String) throws(SystemError) -> [String] {
        state.withLock { state in
            state.names.keys.filter { $0.hasPrefix(directory + "/") }.map { String($0.dropFirst(directory.count + 1)) }
                .filter { !$0.contains("/") }
        }
    }

    func syncDirectory(_ path: String) throws(SystemError) {
        try change("fsync", path) { state throws(SystemError) in
            state.durableNames = state.names
            state.pendingNames = []
        }
    }

    func lock(_ directory: String) throws(SystemError) -> Int32 {
        try change(nil, directory) { state throws(SystemError) in
            guard state.lockedBy == nil else { throw SystemError(call: "flock", path: directory, number: EWOULDBLOCK) }
            state.nextDescriptor += 1
            state.lockedBy = state.nextDescriptor
            return state.nextDescriptor
        }
    }

    func freeBytes(_ directory: String) throws(SystemError) -> Int64 { state.withLock { $0.free } }

    private func change<Value>(
        _ call: String?,
        _ path: String,
        _ body: (inout State) throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        try state.withLock { state throws(SystemError) in
            if let call {
                state.calls += 1
                if let number = state.fault?(call, path, state.calls) {
                    if call == "fdatasync" || call == "fsync" { state.loseWrites(to: path) }
                    throw SystemError(call: call, path: path, number: number)
                }
            }
            return try body(&state)
        }
    }
}

extension SimulatedDisk.State {
    mutating func setName(_ path: String, _ inode: Int?) {
        names[path] = inode
        pendingNames.append((path, inode))
    }

    mutating func put(_ bytes: ArraySlice<UInt8>, _ descriptor: Int32, at offset: Int) {
        guard let inode = open[descriptor], var file = inodes.removeValue(forKey: inode) else { return }
        let end = offset + bytes.count
        if file.current.count < end { file.current += [UInt8](repeating: 0, count: end - file.current.count) }
        file.current.replaceSubrange(offset..<end, with: bytes)
        if !bytes.isEmpty {
            for sector in (offset / SimulatedDisk.sector)...((end - 1) / SimulatedDisk.sector) {
                file.dirty.insert(sector)
                file.lost.remove(sector)
            }
        }
        inodes[inode] = file
    }

    mutating func settle(_ descriptor: Int32) {
        guard let inode = open[descriptor], var file = inodes.removeValue(forKey: inode) else { return }
        var durable = file.current
        for sector in file.lost where sector * SimulatedDisk.sector < durable.count {
            for index in sector * SimulatedDisk.sector..<min((sector + 1) * SimulatedDisk.sector, durable.count) {
                durable[index] = index < file.durable.count ? file.durable[index] : 0
            }
        }
        file.durable = durable
        file.dirty = []
        inodes[inode] = file
    }

    /// A sync of this file failed: what was waiting to be written never will be.
    mutating func loseWrites(to path: String) {
        guard let inode = names[path], var file = inodes[inode] else { return }
        file.lost.formUnion(file.dirty)
        file.dirty = []
        inodes[inode] = file
    }
}
