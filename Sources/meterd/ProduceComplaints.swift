/// Lines of the input that come to nothing: the first are told one by one, the others counted.
struct LineComplaints {
    private(set) var count = 0
    private let verdict: String

    /// Lines that are told one by one.
    static let limit = 20

    /// - Parameter verdict: what is wrong with all of them, behind "37 lines".
    init(_ verdict: String) {
        self.verdict = verdict
    }

    /// The line that was read last comes to nothing.
    mutating func tell(_ reason: String, _ lines: LineReader, _ display: inout ProgressDisplay) {
        count += 1
        if count <= Self.limit { display.say("\(lines.place): \(reason)") }
    }

    /// Tells how many there were when not all were told.
    func close(_ display: inout ProgressDisplay) {
        guard count > Self.limit else { return }
        display.say("\(count) lines \(verdict); the first \(Self.limit) are above")
    }
}
