import EventLog
import Synchronization

/// A small generator with a seed, so that a failing run can be run again (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

extension SimulatedDisk {
    /// The disk as the machine finds it after the power failed now.
    func crash(using chance: inout SeededGenerator) -> SimulatedDisk {
        let before = state.withLock { $0 }
        var after = State()
        after.nextInode = before.nextInode
        after.names = before.durableNames
        for change in before.pendingNames.prefix(Int.random(in: 0...before.pendingNames.count, using: &chance)) {
            after.names[change.path] = change.inode
        }
        after.durableNames = after.names
        for inode in Set(after.names.values).sorted() {
            guard let file = before.inodes[inode] else { continue }
            let bytes = Self.survivor(of: file, using: &chance)
            after.inodes[inode] = Inode(current: bytes, durable: bytes)
        }
        return SimulatedDisk(after)
    }

    /// A copy of the disk as it is, for a look that must not change it.
    func copy() -> SimulatedDisk {
        var copy = state.withLock { $0 }
        copy.open = [:]
        copy.lockedBy = nil
        copy.fault = nil
        return SimulatedDisk(copy)
    }

    private static func survivor(of file: Inode, using chance: inout SeededGenerator) -> [UInt8] {
        var bytes = file.current
        if file.durable.count != bytes.count, Bool.random(using: &chance) {
            let size = file.durable.count
            bytes = Array((bytes + [UInt8](repeating: 0, count: max(0, size - bytes.count))).prefix(size))
            for index in file.current.count..<max(file.current.count, size) { bytes[index] = file.durable[index] }
        }
        for index in file.dirty.union(file.lost).sorted() {
            guard index * sector < bytes.count else { continue }
            let range = (index * sector)..<min((index + 1) * sector, bytes.count)
            let old = range.map { $0 < file.durable.count ? file.durable[$0] : 0 }
            let kept: Int
            switch file.lost.contains(index) ? 4 : Int.random(in: 0..<8, using: &chance) {
            case 0..<4: kept = range.count
            case 4..<7: kept = 0
            default: kept = Int.random(in: 0...range.count, using: &chance)
            }
            bytes.replaceSubrange(range.dropFirst(kept), with: old.dropFirst(kept))
            // A sector that never held anything may come back as anything.
            if kept == 0, !file.lost.contains(index), old.allSatisfy({ $0 == 0 }),
                Int.random(in: 0..<6, using: &chance) == 0
            {
                bytes.replaceSubrange(range, with: range.map { _ in UInt8.random(in: 0...255, using: &chance) })
            }
        }
        return bytes
    }

    /// Bytes of a file as they stand.
    func contents(_ path: String) -> [UInt8] {
        state.withLock { state in state.names[path].flatMap { state.inodes[$0]?.current } ?? [] }
    }

    /// Changes bytes on the disk behind everyone's back.
    func corrupt(_ path: String, at offset: Int, _ change: (inout UInt8) -> Void) {
        state.withLock { state in
            guard let inode = state.names[path], var file = state.inodes[inode] else { return }
            change(&file.current[offset])
            file.durable = file.current
            state.inodes[inode] = file
        }
    }

    /// The names in a directory.
    func names(in directory: String) -> [String] { (try? list(directory))?.sorted() ?? [] }
}
