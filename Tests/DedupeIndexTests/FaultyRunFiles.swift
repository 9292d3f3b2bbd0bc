import Glibc

@testable import DedupeIndex

/// A real directory on an unreliable disk: calls can be made to fail, and a power cut can be had.
///
/// It notes what was synced. `cutPower` then leaves what a disk may leave at worst: files without the bytes that were
/// not synced, and a directory without the names that were not.
final class FaultyRunFiles: RunFiles {
    enum Call: Hashable {
        case create, read, write, synchronize, synchronizeDirectory, rename, remove
    }

    private struct State {
        var failing: [Call: Int32] = [:]
        var failingSuffix = ""
        var unsynced: Set<String> = []
        var unsyncedNames: Set<String> = []
        var calls: [Call: Int] = [:]
    }

    private let disk = DiskRunFiles()
    private let state = Monitor(State())

    /// Lets every call of a kind fail with this errno, on paths that end so.
    func fail(_ call: Call, with number: Int32, onPathsEnding suffix: String = "") {
        state.update {
            $0.failing[call] = number
            $0.failingSuffix = suffix
        }
    }

    func heal() {
        state.update { $0.failing = [:] }
    }

    func count(of call: Call) -> Int {
        state.update { $0.calls[call] ?? 0 }
    }

    /// What the disk holds after the power came back. The index that used it must be gone.
    func cutPower() throws {
        let (files, names) = state.update { ($0.unsynced, $0.unsyncedNames) }
        for path in names { try disk.remove(path) }
        for path in files.subtracting(names) { truncate(path, 0) }
        state.update {
            $0.unsynced = []
            $0.unsyncedNames = []
        }
    }

    private func pass(_ call: Call, _ path: String) throws(DedupeError) {
        let number: Int32? = state.update {
            $0.calls[call, default: 0] += 1
            return path.hasSuffix($0.failingSuffix) ? $0.failing[call] : nil
        }
        if let number { throw .system(call: "\(call)", path: path, number: number) }
    }

    func makeDirectory(_ path: String) throws(DedupeError) { try disk.makeDirectory(path) }

    func list(_ directory: String) throws(DedupeError) -> [String] { try disk.list(directory) }

    func create(_ path: String) throws(DedupeError) -> Int32 {
        try pass(.create, path)
        let descriptor = try disk.create(path)
        state.update {
            $0.unsynced.insert(path)
            $0.unsyncedNames.insert(path)
        }
        return descriptor
    }

    func open(_ path: String) throws(DedupeError) -> Int32? { try disk.open(path) }

    func size(_ descriptor: Int32, path: String) throws(DedupeError) -> UInt64 {
        try disk.size(descriptor, path: path)
    }

    func read(
        _ descriptor: Int32,
        into bytes: UnsafeMutableRawBufferPointer,
        at offset: UInt64,
        path: String
    ) throws(DedupeError) -> Int {
        try pass(.read, path)
        return try disk.read(descriptor, into: bytes, at: offset, path: path)
    }

    func write(
        _ descriptor: Int32,
        _ bytes: UnsafeRawBufferPointer,
        at offset: UInt64,
        path: String
    ) throws(DedupeError) {
        try pass(.write, path)
        try disk.write(descriptor, bytes, at: offset, path: path)
        _ = state.update { $0.unsynced.insert(path) }
    }

    func synchronize(_ descriptor: Int32, path: String) throws(DedupeError) {
        try pass(.synchronize, path)
        _ = state.update { $0.unsynced.remove(path) }
    }

    func synchronizeDirectory(_ path: String) throws(DedupeError) {
        try pass(.synchronizeDirectory, path)
        state.update { $0.unsyncedNames = [] }
    }

    func rename(_ path: String, to newPath: String) throws(DedupeError) {
        try pass(.rename, path)
        try disk.rename(path, to: newPath)
        state.update {
            $0.unsyncedNames.remove(path)
            $0.unsyncedNames.insert(newPath)
            if $0.unsynced.remove(path) != nil { $0.unsynced.insert(newPath) }
        }
    }

    func remove(_ path: String) throws(DedupeError) {
        try pass(.remove, path)
        try disk.remove(path)
        state.update {
            $0.unsynced.remove(path)
            $0.unsyncedNames.remove(path)
        }
    }

    func close(_ descriptor: Int32) { disk.close(descriptor) }
}
