/// Pauses that double from try to try up to a limit, each shortened by up to a half at random, so that many processes do
/// not come back together.
struct GrowingPause {
    private let first: Duration
    private let longest: Duration
    private var current: Duration

    init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
        current = first
    }

    /// The pause before the next try; `fraction` is from 0 to 1.
    mutating func next(_ fraction: Double = .random(in: 0...1)) -> Duration {
        defer { current = min(current * 2, longest) }
        return current * (1 - fraction / 2)
    }

    /// It worked: the next pause is short again.
    mutating func reset() { current = first }
}
