/// The names of the members of all objects that are open, in memory that `DecodeMemory` owns. Trivial.
struct NameStack {
    struct Entry {
        var hash: UInt64
        var name: JSONString
    }

    var entries: UnsafeMutablePointer<Entry>
    var capacity: Int
    var count = 0

    /// Objects with no more members than this are searched as names come; larger ones are sorted when they end.
    static let searched = 16
}

extension JSONReader {
    /// Enters a name into the object whose names begin at `base`. Names are told apart by their 64-bit hashes.
    @inline(__always)
    mutating func enter(_ name: JSONString, _ hash: UInt64, _ base: Int) {
        if names.count == names.capacity { names = text.memory.pointee.moreNames(names) }
        if names.count &- base < NameStack.searched {
            var i = base
            while i < names.count {
                if names.entries[i].hash == hash { noteRepeated(name) }
                i &+= 1
            }
        }
        names.entries[names.count] = NameStack.Entry(hash: hash, name: name)
        names.count &+= 1
    }

    /// Leaves the object whose names begin at `base`.
    @inline(__always)
    mutating func leaveObject(_ base: Int) {
        if names.count &- base > NameStack.searched { searchLargeObject(base) }
        names.count = base
    }

    private mutating func noteRepeated(_ name: JSONString) {
        if repeatedName == nil { repeatedName = name }
    }

    private mutating func searchLargeObject(_ base: Int) {
        // Sorting what is refused anyway would take most of the time that a hostile body can cost.
        guard lastTaken < tooLargeFrom else { return }
        var object = UnsafeMutableBufferPointer(start: names.entries + base, count: names.count - base)
        object.sort { $0.hash < $1.hash }
        for i in 1..<object.count where object[i].hash == object[i - 1].hash {
            noteRepeated(object[i].name)
            return
        }
    }
}
