/// Where the pages of a meter's totals come from, and what was taken from there; shared by the meters of one `Totals`.
final class PageSource {
    let store: UsageStore
    /// Counts checkpoints; a reader that finds another number in the store than here looks again.
    var generation: UInt64
    /// Totals taken from the store since the last checkpoint.
    var loaded = 0

    init(store: UsageStore, generation: UInt64) {
        self.store = store
        self.generation = generation
    }
}
