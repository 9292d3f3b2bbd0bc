/// Shares a page's room for series among meters.
///
/// As with a scrape of each meter in turn, series by series: a meter that has few shows them all, and the others get the same
/// number each, so that one with very many hides no other. The same numbers give the same shares. When meters get more
/// series, as they do until the month ends, no other meter's share becomes larger, so what is shown does not come and go.
enum SeriesShares {
    /// How many series each meter shows.
    static func shares(of wanted: [Int], limit: Int) -> [Int] {
        var shares = wanted
        var room = limit
        let ascending = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
        for (settled, index) in ascending.enumerated() {
            let (level, rest) = room.quotientAndRemainder(dividingBy: wanted.count - settled)
            guard wanted[index] > level else {
                room -= wanted[index]
                continue
            }
            // None of those left has few enough; the first of them share the rest.
            for (place, index) in ascending[settled...].sorted().enumerated() {
                shares[index] = level + (place < rest ? 1 : 0)
            }
            break
        }
        return shares
    }
}
