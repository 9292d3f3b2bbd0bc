import Foundation

/// How long each thread of this process has been on a processor so far.
struct ThreadTimes: Sendable {
    /// Nanoseconds by the thread's number.
    private var threads: [String: (name: String, nanoseconds: Double)] = [:]

    /// As of now, from `/proc/self/task` (proc(5)).
    init() {
        for number in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [] {
            guard let name = try? String(contentsOfFile: "/proc/self/task/\(number)/comm", encoding: .utf8),
                let times = try? String(contentsOfFile: "/proc/self/task/\(number)/schedstat", encoding: .utf8),
                let onProcessor = times.split(separator: " ").first.flatMap({ Double($0) })
            else { continue }
            threads[number] = (name.trimmingCharacters(in: .whitespacesAndNewlines), onProcessor)
        }
    }

    /// Seconds since then by the threads' names, longest first; numbers at their ends are left out, and threads that have
    /// ended meanwhile.
    func since(_ earlier: ThreadTimes) -> [(name: String, seconds: Double)] {
        var sums: [String: Double] = [:]
        for (number, thread) in threads {
            let name = String(thread.name.reversed().drop { $0.isNumber || $0 == "-" }.reversed())
            sums[name, default: 0] += (thread.nanoseconds - (earlier.threads[number]?.nanoseconds ?? 0)) / 1e9
        }
        return sums.map { (name: $0.key, seconds: $0.value) }.sorted { $0.seconds > $1.seconds }
    }
}
