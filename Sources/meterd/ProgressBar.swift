import Foundation

/// How far a long piece of work is, as one line that fits a terminal: what is done of it, what came of it, how much a
/// second, the time left.
///
/// It has no clock of its own: it is told where the work is and when.
struct ProgressBar {
    /// What there is to do.
    let work: Work
    /// What comes of it, such as `event`.
    let product: String
    /// How much there is to do; nil when nobody knows, as for a pipe.
    private(set) var total: Int?
    /// Whether the terminal has block characters.
    let hasBlocks: Bool
    /// Why nothing moves; shown in place of the speed.
    var note: String?
    /// Where the work is, such as a day.
    var place: String?
    private var samples: [Sample] = []
    private var latest: Sample { samples.last ?? Sample(at: .zero, done: 0, products: 0) }

    /// What the length of the work is measured in.
    enum Work {
        case bytes
        case days
    }

    /// Where the work was at a time since its start.
    private struct Sample {
        var at: Duration
        var done: Int
        var products: Int
    }

    /// The speed is that of so much of the latest past; days are few, and some take long.
    private var window: Duration {
        switch work {
        case .bytes: .seconds(5)
        case .days: .seconds(60)
        }
    }
    /// Samples closer together than this replace each other.
    private static let grain: Duration = .milliseconds(50)
    /// Columns of the bar itself.
    private static let barWidths = 10...40

    init(_ work: Work, total: Int?, product: String, hasBlocks: Bool) {
        self.work = work
        self.total = total
        self.product = product
        self.hasBlocks = hasBlocks
    }

    /// The work has come so far, so long after it began.
    mutating func advance(to done: Int, products: Int, at now: Duration) {
        if samples.count > 1, now - samples[samples.count - 2].at < Self.grain { samples.removeLast() }
        samples.append(Sample(at: now, done: done, products: products))
        // One that is older stays, so that the window is full.
        while samples.count > 2, now - samples[1].at >= window { samples.removeFirst() }
    }

    /// Other work than before: how much it is, and its speed is measured anew.
    mutating func begin(total: Int?) {
        self.total = total
        samples = []
    }

    /// The line, at most so many columns long.
    func text(columns: Int) -> String {
        var parts = self.parts
        if fraction != nil {
            let room = columns - Self.barWidths.lowerBound - 1
            for rank in Self.ranksBelowBar where length(parts) > room { parts.removeAll { $0.rank == rank } }
        }
        while length(parts) > columns, let least = parts.indices.max(by: { parts[$0].rank < parts[$1].rank }),
            parts.count > 1
        {
            parts.remove(at: least)
        }
        var texts = parts.map(\.text)
        let left = columns - length(parts) - 1
        if let fraction, let place = parts.firstIndex(where: { $0.rank == 0 }), left >= Self.barWidths.lowerBound {
            texts[place] += " " + bar(fraction, columns: min(left, Self.barWidths.upperBound))
        }
        return String(texts.joined(separator: Self.separator).prefix(max(columns, 0)))
    }

    // MARK: Parts

    private static let separator = "  "
    /// What goes before the bar does, in this order: the place, what is done, the speed.
    private static let ranksBelowBar = [5, 4, 3]

    /// The higher the rank, the sooner a part goes when there is no room for it.
    private struct Part {
        var rank: Int
        var text: String
    }

    private func length(_ parts: [Part]) -> Int {
        parts.reduce(0) { $0 + $1.text.count } + Self.separator.count * (parts.count - 1)
    }

    private var parts: [Part] {
        var parts: [Part] = []
        if let fraction {
            let percent = "\(Int(fraction * 100))%"
            parts.append(Part(rank: 0, text: String(repeating: " ", count: 4 - percent.count) + percent))
        }
        parts.append(Part(rank: 4, text: amount))
        parts.append(Part(rank: 1, text: Quantities.counted(latest.products, product)))
        if let note {
            parts.append(Part(rank: 2, text: Self.printable(note)))
        } else {
            parts.append(Part(rank: 3, text: "\(Quantities.grouped(productsPerSecond)) \(product)s/s"))
            let time = secondsLeft.map { Quantities.clock($0) + " left" } ?? Quantities.clock(latest.at.seconds)
            parts.append(Part(rank: 2, text: time))
        }
        if let place { parts.append(Part(rank: 5, text: Self.printable(place))) }
        return parts
    }

    /// What is done, and of how much.
    private var amount: String {
        switch work {
        case .bytes:
            let done = Quantities.bytes(latest.done)
            return total.map { "\(done) of \(Quantities.bytes($0))" } ?? done
        case .days:
            let days = Quantities.counted(total ?? latest.done, "day")
            return total == nil ? days : "\(Quantities.grouped(latest.done)) of \(days)"
        }
    }

    /// Without characters that move the cursor.
    private static func printable(_ text: String) -> String {
        String(text.map { $0.isNewline || $0.isControl ? " " : $0 })
    }

    private func bar(_ fraction: Double, columns: Int) -> String {
        guard hasBlocks else {
            let full = Int(fraction * Double(columns - 2))
            return "[" + String(repeating: "=", count: full) + String(repeating: " ", count: columns - 2 - full) + "]"
        }
        let eighths = Int(fraction * Double(columns * 8))
        var bar = String(repeating: "█", count: eighths / 8)
        if eighths % 8 > 0 { bar.append(["▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8 - 1]) }
        return bar + String(repeating: "░", count: columns - bar.count)
    }

    // MARK: Figures

    /// 0 to 1; nil without a total.
    private var fraction: Double? {
        total.map { $0 > 0 ? min(1, Double(latest.done) / Double($0)) : 1 }
    }

    private func speed(_ figure: (Sample) -> Int) -> Double? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        return Double(figure(last) - figure(first)) / (last.at - first.at).seconds
    }

    private var productsPerSecond: Int { Int(speed(\.products) ?? 0) }

    private var secondsLeft: Double? {
        guard let total, let speed = speed(\.done), speed > 0 else { return nil }
        return Double(max(0, total - latest.done)) / speed
    }
}

/// Figures as people read them.
enum Quantities {
    /// `1,234,567`
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0, place % 3 == 0, digit != "-" { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// `1 event`, `2,000 events`
    static func counted(_ number: Int, _ thing: String) -> String {
        "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")"
    }

    /// `12.3 MB`
    static func bytes(_ count: Int) -> String {
        guard count >= 1_000 else { return "\(count) B" }
        var value = Double(count)
        var unit = "B"
        for next in ["kB", "MB", "GB", "TB", "PB", "EB"] where value >= 999.95 || unit == "B" {
            value /= 1_000
            unit = next
        }
        return String(format: "%.1f %@", value, unit)
    }

    /// `0:03`, `12:34`, `1:02:03`
    static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds.rounded(.up), 359_999))
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, whole % 60)
            : String(format: "%d:%02d", minutes, whole % 60)
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension Character {
    /// Would move a terminal's cursor, or worse.
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }
}
