import CloudEvents
import Foundation
import Metering

/// Windows of time as Foundation's calendar has them, for zones whose clocks move by whole hours.
struct ModelWindows {
    private let size: WindowSize
    private let calendar: Calendar

    init(_ size: WindowSize, zone: String) throws {
        self.size = size
        var calendar = Calendar(identifier: .gregorian)
        guard let zone = TimeZone(identifier: zone) else { throw ModelProblem.noSuchZone(zone) }
        calendar.timeZone = zone
        self.calendar = calendar
    }

    func window(containing time: Int64) throws -> TimeWindow {
        let second = Int64((Double(time) / 1e6).rounded(.down))
        let date = Date(timeIntervalSince1970: Double(second))
        let offset = Int64(calendar.timeZone.secondsFromGMT(for: date))
        switch size {
        case .minute, .hour:
            let width: Int64 = size == .hour ? 3600 : 60
            let start = (second + offset) / width * width - offset
            return TimeWindow(start: Self.time(start), end: Self.time(start + width))
        case .day, .month:
            guard let interval = calendar.dateInterval(of: size == .day ? .day : .month, for: date) else {
                throw ModelProblem.noWindow(time)
            }
            return TimeWindow(
                start: Self.time(Int64(interval.start.timeIntervalSince1970)),
                end: Self.time(Int64(interval.end.timeIntervalSince1970))
            )
        }
    }

    private static func time(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * 1_000_000) }
}

enum ModelProblem: Error {
    case noSuchZone(String)
    case noWindow(Int64)
    /// The engine said something else.
    case differs(String)
}
