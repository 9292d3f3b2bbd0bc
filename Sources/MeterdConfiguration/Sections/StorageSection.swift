/// The `storage:` section.
enum StorageSection {
    static let directory = Key<String>(
        "directory",
        .directory,
        .standard("var/meterd"),
        "where the log, the dedupe index and the totals are kept"
    )
    static let retention = Key<Int>(
        "retention",
        .duration(1...10 * 366 * 86_400, "1s to 3660d"),
        .standard("35d"),
        "how long the log is kept; not less than dedupe.window"
    )
    static let reserve = Key<Int>(
        "reserve",
        .size(1 << 20...1 << 50, "1MiB to 1024TiB"),
        .standard("512MiB"),
        "events are refused with 507 when the disk has less free space than this"
    )
    static let dedupe = Key<Placed<Int>>("dedupe", dedupeRule, .section, "how repeated events are told")

    static let rule = Rule<StorageSettings>.object(
        "where events and totals are kept",
        keys: [directory, retention, reserve, dedupe]
    ) { fields in
        let directory = fields(directory)
        let retention = fields.placed(retention)
        let reserve = fields(reserve)
        let window = fields(dedupe)
        if let retention, let window, retention.value < window.value * secondsPerDay {
            fields.spot.diagnostics.report(
                fields.has(Self.retention) ? retention.position : window.position,
                "the log is kept for less time than dedupe.window, \(window.shown)",
                allowed: "retention is at least dedupe.window, since the log is what repeated events are looked up in"
            )
        }
        guard let directory, let retention, let reserve, let window else { return nil }
        return StorageSettings(
            directory: directory,
            retentionSeconds: retention.value,
            reserveBytes: reserve,
            dedupeWindowDays: window.value
        )
    }

    private static let window = Key<Int>(
        "window",
        .wholeDays(1...366),
        .standard("32d"),
        "how long an event's source and id are remembered, counted from its first arrival, in whole days"
    )

    /// The window in days, with its place.
    private static let dedupeRule = Rule<Placed<Int>>.object("how repeated events are told", keys: [window]) { fields in
        fields.placed(window)
    }
}

private let secondsPerDay = 86_400

extension Rule where Value == Int {
    /// A duration that is a number of whole days.
    fileprivate static func wholeDays(_ range: ClosedRange<Int>) -> Rule {
        let text = "\(range.lowerBound)d to \(range.upperBound)d"
        let seconds = duration(range.lowerBound * secondsPerDay...range.upperBound * secondsPerDay, text)
        return Rule(schema: seconds.schema) { spot in
            guard let value = seconds.read(spot) else { return nil }
            if !value.isMultiple(of: secondsPerDay) {
                spot.report(
                    "\(spot.name): \(spot.node.shown) is not a number of whole days",
                    allowed: "\(text), such as 32d or 768h"
                )
                return nil
            }
            return value / secondsPerDay
        }
    }
}
