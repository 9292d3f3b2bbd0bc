/// When something runs, in five fields as crontab(5) has them: minute, hour, day of the month, month, day of the week.
///
/// - A field is `*`, a number, a range `a-b`, or a list of these by commas; `*` and ranges take a step, `*/15`, `8-18/2`.
/// - Months and days of the week may be named by their first three letters in any case; Sunday is 0 and 7.
/// - When both day fields are restricted (neither begins with `*`) a day that meets either one will do; otherwise it
///   has to meet both.
/// - `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly` and `@yearly` (`@annually`) stand for the usual fields.
///
/// See `next(after:in:)` for what happens where clocks change.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// The text it was read from.
    public let text: String
    /// Bit n is set when the value n of the field will do; bit 0 of `weekdays` is Sunday.
    let minutes: UInt64
    let hours: UInt64
    let monthDays: UInt64
    let months: UInt64
    let weekdays: UInt64
    /// Both day fields are restricted.
    let eitherDay: Bool

    /// The most bytes an expression may have.
    public static let lengthLimit = 256

    /// Reads an expression.
    /// - Throws: `CronError` with the column of what is wrong.
    public init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.lengthLimit else {
            throw CronError(column: Self.lengthLimit + 1, reason: "an expression has at most \(Self.lengthLimit) bytes")
        }
        self.text = text
        var words = CronWord.words(of: text)
        if let first = words.first, first.text.hasPrefix("@") {
            guard let fields = Self.nicknames[first.text.lowercased()] else {
                throw CronError(
                    column: first.column,
                    reason:
                        "\"\(first.text)\" is not known; use @hourly, @daily, @weekly, @monthly, @yearly or five fields"
                )
            }
            if words.count > 1 {
                throw CronError(column: words[1].column, reason: "nothing may follow \"\(first.text)\"")
            }
            words = CronWord.words(of: fields)
        }
        guard words.count >= 5 else {
            throw CronError(
                column: text.count + 1,
                reason:
                    "five fields are needed (minute, hour, day of month, month, day of week); there are \(words.count)"
            )
        }
        guard words.count == 5 else {
            throw CronError(column: words[5].column, reason: "there are more than five fields")
        }
        minutes = try CronField.minute.values(words[0])
        hours = try CronField.hour.values(words[1])
        monthDays = try CronField.monthDay.values(words[2])
        months = try CronField.month.values(words[3])
        let days = try CronField.weekday.values(words[4])
        weekdays = (days | days >> 7) & 0b111_1111
        eitherDay = !words[2].text.hasPrefix("*") && !words[4].text.hasPrefix("*")
        guard eitherDay || hasDay else {
            throw CronError(column: words[2].column, reason: "no month it names has such a day, so it would never run")
        }
    }

    /// The text it was read from.
    public var description: String { text }

    /// Whether one of the months has one of the days.
    private var hasDay: Bool {
        let lengths: [UInt64] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return lengths.enumerated().contains { month, length in
            months & 1 << UInt64(month + 1) != 0 && monthDays & ((2 << length) - 1) != 0
        }
    }

    private static let nicknames = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
}

/// Why a text is not a cron expression.
public struct CronError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it goes wrong: 1 for the text's first character.
    public var column: Int
    /// What is wrong and what is allowed.
    public var reason: String

    /// Makes an error.
    public init(column: Int, reason: String) {
        self.column = column
        self.reason = reason
    }

    /// One line.
    public var description: String { "column \(column): \(reason)" }
}
