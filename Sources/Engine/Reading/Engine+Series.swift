public import CloudEvents
import Metering
import Synchronization
import UsageStore

extension Engine {
    /// The subjects whose events a meter counted in a range, ordered by their bytes.
    ///
    /// - Parameters:
    ///   - slug: the meter's slug or id.
    ///   - from: the first moment; nil: from the beginning.
    ///   - to: the first moment that does not belong to it any more; nil: up to now.
    ///   - limit: how many at most, the first ones.
    /// - Throws: `QueryError`.
    public func subjects(
        ofMeter slug: String,
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        limit: Int
    ) async throws -> [String] {
        try await texts(of: "subject", UsageQuery(meter: slug, from: from, to: to, groupBy: ["subject"]), limit: limit)
    }

    /// The values of a dimension among the events that a meter counted in a range, ordered by their bytes; "" is among
    /// them when an event had none.
    ///
    /// - Parameter name: a dimension of the meter, `subject`, or a path beginning with `$`.
    /// - Throws: `QueryError`, `.unknownDimension` for a name the meter does not have.
    public func values(
        ofDimension name: String,
        meter slug: String,
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        limit: Int
    ) async throws -> [String] {
        try await texts(of: name, UsageQuery(meter: slug, from: from, to: to, groupBy: [name]), limit: limit)
    }

    private func texts(of name: String, _ query: UsageQuery, limit: Int) async throws -> [String] {
        try await waitForApply()
        return try await Self.offCooperativeThreads { [self] () throws(QueryError) in
            let found = try retrying { limits throws(QueryError) in
                let question = try Question(query, of: try meter(query.meter))
                return try Answering(
                    engine: self,
                    question: question,
                    rowLimit: UsageReader.usualRowLimit,
                    limits: limits
                ).texts(of: name)
            }
            let sorted = found.sorted { $0.lexicographicallyPrecedes($1) }
            return sorted.prefix(max(limit, 0)).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
