/// Which runs to merge next: a pure function of what is there.
///
/// Only runs of one arrival day are merged, so that a day can expire whole. While a day can still grow, runs fall into
/// sizes, each `fanIn` times the one before, and `fanIn` runs of one size become one of the next: an entry is
/// rewritten once a size. Of a day that is over one run is left.
struct MergePlan {
    /// Runs merged at once.
    static let width = 16
    /// Entries up to which a run is of the smallest size.
    static let smallest = 4_096

    struct Candidate {
        var day: Int32
        var count: Int
    }

    let fanIn: Int

    /// Indices into `runs`, or nil when nothing needs merging. Days from `openDay` on can still grow.
    func next(_ runs: [Candidate], openDay: Int32) -> [Int]? {
        var byDay: [Int32: [Int]] = [:]
        for (index, run) in runs.enumerated() { byDay[run.day, default: []].append(index) }
        for (day, members) in byDay.sorted(by: { $0.key > $1.key }) {
            let ascending = members.sorted { (runs[$0].count, $0) < (runs[$1].count, $1) }
            if day < openDay {
                if ascending.count > 1 { return Array(ascending.prefix(Self.width)) }
                continue
            }
            var bySize: [Int: [Int]] = [:]
            for index in ascending { bySize[size(runs[index].count), default: []].append(index) }
            for (_, group) in bySize.sorted(by: { $0.key < $1.key }) where group.count >= fanIn {
                return Array(group.prefix(Self.width))
            }
        }
        return nil
    }

    private func size(_ count: Int) -> Int {
        var size = 0
        var limit = Self.smallest
        while count >= limit {
            size += 1
            limit *= fanIn
        }
        return size
    }
}
