/// A partition's position as the log keeps it: the next offset, or, as −1 − offset, that one and that the topic was gone
/// when it came next.
///
/// Whether a topic that is back is the same one nobody can say, so that has to outlive a restart.
struct StoredPosition {
    /// The offset of the next message to take.
    var next: Int64
    /// Reading has stopped there, because the topic was gone.
    var wasGone = false

    /// The number in the log.
    var encoded: Int64 { wasGone ? -1 - next : next }
}

extension StoredPosition {
    init(encoded: Int64) {
        self.init(next: encoded < 0 ? -1 - encoded : encoded, wasGone: encoded < 0)
    }
}
