/// Finds the name somebody probably meant.
enum Suggestion {
    /// The candidate that differs least, if it differs little: only in case, `_` and `-`, or in a third of its letters
    /// and at most three; or the only one that begins with the name, if that has four letters or more.
    static func closest(to name: String, among candidates: [String]) -> String? {
        guard name.count <= lengthLimit else { return nil }
        if let same = candidates.first(where: { folded($0) == folded(name) }) { return same }
        let ranked = candidates.filter { $0.count <= lengthLimit }.map { candidate in
            (candidate: candidate, distance: distance(folded(name), folded(candidate)))
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        let most = min(3, max(1, best.candidate.count / 3))
        if best.distance <= most { return best.candidate }
        let longer = candidates.filter { folded($0).starts(with: folded(name)) }
        return folded(name).count >= 4 && longer.count == 1 ? longer[0] : nil
    }

    /// Longer names are not compared, in characters.
    private static let lengthLimit = 64

    private static func folded(_ name: String) -> [Character] {
        name.lowercased().filter { $0 != "_" && $0 != "-" }
    }

    /// How many letters to insert, remove, replace or swap with their neighbour.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var before: [Int] = []
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(
                    previous[column] + (letter == other ? 0 : 1),
                    previous[column + 1] + 1,
                    current[column] + 1
                )
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }
}
