import Metering

/// The days a request is about.
enum Days {
    /// From one day up to, and without, another; nil when neither is given. Throws 400.
    static func between(_ from: String?, _ to: String?) throws(Problem) -> Range<LocalDay>? {
        if from == nil, to == nil { return nil }
        guard let from = from.flatMap(LocalDay.init), let to = to.flatMap(LocalDay.init) else {
            throw Problem(
                status: 400,
                detail:
                    "from and to are two days such as 2025-06-07, both or neither; to is the first day that is left out"
            )
        }
        guard from < to else { throw Problem(status: 400, detail: "from (\(from)) must be before to (\(to))") }
        return from..<to
    }
}
