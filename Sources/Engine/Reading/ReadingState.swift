import Synchronization

/// What reading keeps between calls.
final class ReadingState: Sendable {
    /// The counts of the current day; nil while somebody works on them.
    let today = Mutex<TodayCounts?>(TodayCounts())
}

/// Events by subject whose own time is in one UTC day, as far as the log was read for it.
struct TodayCounts: Sendable {
    /// Subjects that are counted one by one; further ones are counted together.
    static let subjects = 10_000

    /// Whole UTC days since 1970-01-01.
    private(set) var day: Int32 = 0
    /// Everything below was read.
    var next: UInt64 = 0
    private(set) var bySubject: [[UInt8]: Int] = [:]
    /// Events of the subjects beyond the limit.
    private(set) var others = 0

    /// Begins a day, if it is another one.
    mutating func turn(to day: Int32) {
        guard day != self.day else { return }
        self = TodayCounts()
        self.day = day
    }

    /// Counts an event.
    mutating func add(_ subject: [UInt8]) {
        if bySubject.count < Self.subjects {
            bySubject[subject, default: 0] += 1
        } else if let count = bySubject[subject] {
            bySubject[subject] = count + 1
        } else {
            others += 1
        }
    }
}
