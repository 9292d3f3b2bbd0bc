/// A correction that was applied.
struct AppliedCorrection: Sendable {
    /// Its own sequence number.
    var sequence: UInt64
    /// What it does.
    var payload: CorrectionPayload
}
