import CloudEvents

/// The value of the Date header, an IMF-fixdate (RFC 9110 section 5.6.7), made again each second.
struct DateField {
    private var second = Int64.min
    private(set) var text = ""
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "01": "Jan", "02": "Feb", "03": "Mar", "04": "Apr", "05": "May", "06": "Jun", "07": "Jul", "08": "Aug",
        "09": "Sep", "10": "Oct", "11": "Nov", "12": "Dec",
    ]

    /// Brings the text up to `microseconds` since 1970-01-01T00:00:00Z, which was a Thursday.
    mutating func update(_ microseconds: Int64) {
        let now = microseconds / 1_000_000
        guard now != second else { return }
        second = now
        // 2025-06-07T08:09:10Z
        let plain = Timestamp(microseconds: now * 1_000_000).description
        let parts = plain.split { $0 == "-" || $0 == "T" || $0 == "Z" }
        guard parts.count == 4 else { return }
        let weekday = Self.days[Int(now / 86400 % 7)]
        text = "\(weekday), \(parts[2]) \(Self.months[String(parts[1])] ?? "") \(parts[0]) \(parts[3]) GMT"
    }
}
