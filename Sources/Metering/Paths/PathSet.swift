/// Several paths, looked up together in one forward pass over a JSON text.
///
/// The paths are a trie: a node is a place that some path ends at or passes through. The evaluation walks the text once,
/// goes down only where the trie goes, skips everything else, and stops at the last place it needs. It allocates nothing.
///
/// Where an object repeats a key, its first member counts.
public struct PathSet: Sendable {
    /// A place in the data. Its members, elements and paths stand side by side in the arrays below.
    struct Node {
        var members: Range<Int> = 0..<0
        var elements: Range<Int> = 0..<0
        /// Which results this place is.
        var paths: Range<Int> = 0..<0
    }

    /// A step by name. The first eight bytes of the name decide almost every comparison.
    struct Member {
        var prefix: UInt64
        var name: Range<Int>
        var node: Int
    }

    /// A step by number.
    struct Element {
        var index: Int
        var node: Int
    }

    let nodes: [Node]
    let members: [Member]
    let elements: [Element]
    let paths: [Int]
    let names: [UInt8]
    /// How many nodes are places that were asked for.
    let wanted: Int

    /// How many paths there are, and so how many results.
    public let count: Int

    /// Compiles paths; results come in their order. The same path may stand there more than once.
    public init(_ paths: [ValuePath]) {
        var builder = TrieBuilder()
        let root = builder.node(for: Array(paths.enumerated()).map { ($0.offset, $0.element.segments[...]) })
        precondition(root == 0, "the data itself is the first node")
        nodes = builder.nodes
        members = builder.members
        elements = builder.elements
        self.paths = builder.paths
        names = builder.names
        wanted = builder.nodes.count { !$0.paths.isEmpty }
        count = paths.count
    }

    /// Looks the paths up in a JSON text; a result is `missing` where its place is not there.
    ///
    /// The text has been checked to be JSON before. On any other text, cut off for example, the results say nothing of use
    /// but never point outside of it. A text of 4 GiB or more has no results.
    ///
    /// - Precondition: `results` has room for `count` slices.
    public func evaluate(_ json: UnsafeRawBufferPointer, into results: UnsafeMutableBufferPointer<JSONSlice>) {
        precondition(results.count >= count, "one result a path")
        for index in 0..<count { results[index] = .missing }
        guard wanted > 0, json.count <= Int(UInt32.max) else { return }
        var wanted = wanted
        nodes.withUnsafeBufferPointer { nodes in
            members.withUnsafeBufferPointer { members in
                elements.withUnsafeBufferPointer { elements in
                    paths.withUnsafeBufferPointer { paths in
                        names.withUnsafeBytes { names in
                            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: (nodes.count + 63) / 64) {
                                visited in
                                visited.initialize(repeating: 0)
                                withUnsafeMutablePointer(to: &wanted) { wanted in
                                    PathWalk(
                                        json: json,
                                        nodes: nodes,
                                        members: members,
                                        elements: elements,
                                        paths: paths,
                                        names: names,
                                        visited: visited,
                                        results: results,
                                        wanted: wanted
                                    ).start()
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Lays the paths out as a trie.
private struct TrieBuilder {
    var nodes: [PathSet.Node] = []
    var members: [PathSet.Member] = []
    var elements: [PathSet.Element] = []
    var paths: [Int] = []
    var names: [UInt8] = []

    /// The node for all paths that lead through one place, each with the steps it has left.
    mutating func node(for branch: [(path: Int, rest: ArraySlice<ValuePath.Segment>)]) -> Int {
        let index = nodes.count
        nodes.append(PathSet.Node())
        var order: [ValuePath.Segment] = []
        var groups: [ValuePath.Segment: [(path: Int, rest: ArraySlice<ValuePath.Segment>)]] = [:]
        let firstPath = paths.count
        for (path, rest) in branch {
            guard let step = rest.first else {
                paths.append(path)
                continue
            }
            if groups[step] == nil { order.append(step) }
            groups[step, default: []].append((path, rest.dropFirst()))
        }
        nodes[index].paths = firstPath..<paths.count
        var ownMembers: [PathSet.Member] = []
        var ownElements: [PathSet.Element] = []
        for step in order {
            let child = node(for: groups[step] ?? [])
            switch step {
            case .member(let name):
                let first = names.count
                names.append(contentsOf: name.utf8)
                let range = first..<names.count
                ownMembers.append(
                    PathSet.Member(
                        prefix: names.withUnsafeBytes { JSONScanner.prefix($0, range) },
                        name: range,
                        node: child
                    )
                )
            case .element(let number):
                ownElements.append(PathSet.Element(index: number, node: child))
            }
        }
        nodes[index].members = members.count..<members.count + ownMembers.count
        members += ownMembers
        nodes[index].elements = elements.count..<elements.count + ownElements.count
        elements += ownElements
        return index
    }
}
