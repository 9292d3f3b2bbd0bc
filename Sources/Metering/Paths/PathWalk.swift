/// One evaluation of a `PathSet`: the text, the trie, and what has been found.
///
/// It recurses only along the trie, so no deeper than the longest path has steps. Positions go in and out as plain numbers,
/// so that each step keeps its scanner in registers.
struct PathWalk {
    let json: UnsafeRawBufferPointer
    let nodes: UnsafeBufferPointer<PathSet.Node>
    let members: UnsafeBufferPointer<PathSet.Member>
    let elements: UnsafeBufferPointer<PathSet.Element>
    let paths: UnsafeBufferPointer<Int>
    let names: UnsafeRawBufferPointer
    /// A bit a node: its place has been seen, and a repeated key does not count any more.
    let visited: UnsafeMutableBufferPointer<UInt64>
    let results: UnsafeMutableBufferPointer<JSONSlice>
    /// Nodes that are asked for and not found yet. It stands outside, so that the walk itself never changes and is never
    /// copied on its way down.
    let wanted: UnsafeMutablePointer<Int>

    func start() {
        var scanner = JSONScanner(json)
        scanner.skipSpace()
        if scanner.position < scanner.count { _ = value(at: 0, scanner.position) }
    }

    /// Reads the value at a position, which is the place of a node, and gives the position behind it.
    private func value(at index: Int, _ start: Int) -> Int {
        var scanner = JSONScanner(json, at: start)
        var escaped = false
        let kind: JSONKind
        switch scanner.byte {
        case UInt8(ascii: "\""):
            kind = .string
            escaped = scanner.skipString()
        case UInt8(ascii: "{"):
            kind = .object
            if nodes[index].members.isEmpty { scanner.skipContainer() } else { scanner.position = object(index, start) }
        case UInt8(ascii: "["):
            kind = .array
            if nodes[index].elements.isEmpty { scanner.skipContainer() } else { scanner.position = array(index, start) }
        case UInt8(ascii: "n"):
            kind = .null
            scanner.skipPlain()
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            kind = .boolean
            scanner.skipPlain()
        default:
            kind = .number
            scanner.skipPlain()
        }
        let asked = nodes[index].paths
        if asked.isEmpty { return scanner.position }
        let slice = JSONSlice(
            offset: UInt32(truncatingIfNeeded: start),
            length: UInt32(truncatingIfNeeded: scanner.position &- start),
            kind: kind,
            isEscaped: escaped
        )
        for path in asked { results[paths[path]] = slice }
        wanted.pointee &-= 1
        return wanted.pointee == 0 ? scanner.count : scanner.position
    }

    private func object(_ node: Int, _ start: Int) -> Int {
        var scanner = JSONScanner(json, at: start &+ 1)
        while true {
            scanner.skipSpace()
            guard scanner.byte == UInt8(ascii: "\"") else { return scanner.close(UInt8(ascii: "}")) }
            let start = scanner.position &+ 1
            let escaped = scanner.skipString()
            let end = scanner.position &- 1
            scanner.skipSpace()
            guard scanner.byte == UInt8(ascii: ":") else { return scanner.count }
            scanner.position &+= 1
            scanner.skipSpace()
            if let child = child(of: node, start..<end, escaped: escaped), visit(child) {
                scanner.position = value(at: child, scanner.position)
            } else {
                scanner.skipValue()
            }
            scanner.skipSpace()
            guard scanner.byte == UInt8(ascii: ",") else { return scanner.close(UInt8(ascii: "}")) }
            scanner.position &+= 1
        }
    }

    private func array(_ node: Int, _ start: Int) -> Int {
        var scanner = JSONScanner(json, at: start &+ 1)
        var index = 0
        while true {
            scanner.skipSpace()
            if scanner.byte == UInt8(ascii: "]") || scanner.position >= scanner.count {
                return scanner.close(UInt8(ascii: "]"))
            }
            var child: Int?
            for element in nodes[node].elements where elements[element].index == index {
                child = elements[element].node
            }
            if let child {
                scanner.position = value(at: child, scanner.position)
            } else {
                scanner.skipValue()
            }
            index &+= 1
            scanner.skipSpace()
            guard scanner.byte == UInt8(ascii: ",") else { return scanner.close(UInt8(ascii: "]")) }
            scanner.position &+= 1
        }
    }

    /// Marks a node as seen; false if it has been before.
    @inline(__always)
    private func visit(_ node: Int) -> Bool {
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: node & 63)
        let word = node &>> 6
        if visited[word] & bit != 0 { return false }
        visited[word] |= bit
        return true
    }

    @inline(__always)
    private func child(of node: Int, _ key: Range<Int>, escaped: Bool) -> Int? {
        if escaped { return escapedChild(of: node, key) }
        let length = key.upperBound &- key.lowerBound
        let prefix = JSONScanner.prefix(json, key)
        for index in nodes[node].members {
            let member = members[index]
            guard member.prefix == prefix, member.name.upperBound &- member.name.lowerBound == length else { continue }
            if length <= 8
                || JSONScanner.equal(json, key.lowerBound, names, member.name.lowerBound, count: length)
            {
                return member.node
            }
        }
        return nil
    }

    /// A key with escapes in it. It is compared as it is unescaped, byte by byte.
    @inline(never)
    private func escapedChild(of node: Int, _ key: Range<Int>) -> Int? {
        let raw = UnsafeRawBufferPointer(rebasing: json[key])
        for index in nodes[node].members {
            let name = UnsafeRawBufferPointer(rebasing: names[members[index].name])
            if JSONText.unescaped(raw, equals: name) { return members[index].node }
        }
        return nil
    }
}
