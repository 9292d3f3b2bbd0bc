import Foundation

/// Where a progress bar is drawn: the lowest line of the terminal that standard error is, below lines that stay. On
/// anything but a terminal there are only those lines.
struct ProgressDisplay {
    /// Whether bars are drawn at all.
    let isTerminal: Bool
    private let environment: [String: String]
    private var drawnAt: ContinuousClock.Instant?
    private var isDrawn = false

    /// How often the bar is drawn at most.
    private static let interval: Duration = .milliseconds(100)
    /// Columns at the right that stay free: two for the ^C that a terminal writes behind the bar, and the last one, where
    /// some terminals begin a new line.
    private static let freeColumns = 3
    /// Columns of a terminal that does not say how many it has.
    private static let usualColumns = 80

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
        isTerminal = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    }

    /// Whether block characters can be expected of the terminal (POSIX.1-2017, XBD section 8.2).
    var hasBlocks: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let charset = locale.split(separator: ".").last?.lowercased() ?? ""
        return charset.hasPrefix("utf-8") || charset.hasPrefix("utf8")
    }

    /// Draws the bar, unless that was just done.
    mutating func show(_ bar: @autoclosure () -> ProgressBar) {
        guard isTerminal else { return }
        let now = ContinuousClock.now
        if let drawnAt, now - drawnAt < Self.interval { return }
        drawnAt = now
        isDrawn = true
        write("\r" + bar().text(columns: columns - Self.freeColumns) + "\u{1B}[K")
    }

    /// Writes a line that stays.
    mutating func say(_ line: String) {
        erase()
        complain(line)
    }

    /// Takes the bar away; the next `show` draws it again.
    mutating func erase() {
        guard isDrawn else { return }
        isDrawn = false
        drawnAt = nil
        write("\r\u{1B}[K")
    }

    /// Asked each time: windows change.
    private var columns: Int {
        if let named = environment["COLUMNS"].flatMap({ Int($0) }), named > 0 { return named }
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return Self.usualColumns }
        return Int(size.ws_col)
    }

    /// In one piece, so that what others write does not come in between.
    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
