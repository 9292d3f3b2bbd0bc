import CloudEvents
import Metering
import ReportDefinitions

extension Rule {
    /// One of the raw values of an enumeration.
    static func choice(
        _ noun: String,
        intro: String = "one of"
    ) -> Rule where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
        choice(noun, from: Value.allCases.map { ($0.rawValue, $0) }, intro: intro)
    }

    /// One of some words.
    /// - Parameter intro: What a message says in front of the words.
    static func choice(
        _ noun: String,
        from choices: [(word: String, value: Value)],
        intro: String = "one of"
    ) -> Rule {
        let words = choices.map(\.word)
        let allowed = "\(intro) \(words.joined(separator: ", "))"
        return scalar(noun, allowed: allowed, schema: .members(["enum": .texts(words)])) { text throws(ScalarFault) in
            if let choice = choices.first(where: { $0.word == text }) { return choice.value }
            // Numbers are never nearly another one.
            let guess = text.contains(where: \.isLetter) ? Suggestion.closest(to: text, among: words) : nil
            throw ScalarFault(reason: guess.map { "is not \(noun), did you mean '\($0)'?" })
        }
    }
}

extension Rule where Value == ValuePath {
    /// A JSONPath to one value.
    static let path = scalar(
        "a path",
        allowed: "a path is $, then any number of .name, ['name'] or [0]",
        schema: .members(["type": .text("string"), "pattern": .text("^\\$"), "maxLength": .number(1024)])
    ) { text throws(ScalarFault) in
        do throws(ValuePathError) {
            return try ValuePath(text)
        } catch {
            let said = error.reason.split(separator: "; ", maxSplits: 1)
            throw ScalarFault(
                reason: "is not a path, column \(error.column): \(said[0])",
                allowed: said.count > 1 ? String(said[1]) : nil,
                offset: error.column - 1
            )
        }
    }
}

extension Rule where Value == CronExpression {
    /// Five fields of cron.
    static let cron = scalar(
        "a cron expression",
        allowed: "five fields as in \"15 1 * * *\", or @hourly, @daily, @weekly, @monthly, @yearly",
        schema: .members([
            "type": .text("string"), "minLength": .number(1), "maxLength": .number(CronExpression.lengthLimit),
        ])
    ) { text throws(ScalarFault) in
        do throws(CronError) {
            return try CronExpression(text)
        } catch {
            throw ScalarFault(
                reason: "is not a cron expression, column \(error.column): \(error.reason)",
                offset: error.column - 1
            )
        }
    }
}

extension Rule where Value == Zone {
    /// A time zone of the IANA database.
    static let zone = scalar(
        "a time zone",
        allowed: "a time zone is a name of the IANA database, such as UTC or Europe/Dublin",
        schema: .members(["type": .text("string"), "minLength": .number(1)])
    ) { text throws(ScalarFault) in
        guard let zone = Zone(text) else { throw ScalarFault() }
        return zone
    }
}

extension Rule where Value == Timestamp {
    /// An instant.
    static let timestamp = scalar(
        "a time",
        allowed: "a time is RFC 3339, such as 2025-01-01T00:00:00Z",
        schema: .members(["type": .text("string"), "format": .text("date-time")])
    ) { text throws(ScalarFault) in
        guard let timestamp = Timestamp(text) else { throw ScalarFault() }
        return timestamp
    }
}

extension Rule where Value == LocalDay {
    /// A calendar day.
    static let day = scalar(
        "a day",
        allowed: "a day is written 2025-01-31",
        schema: .members(["type": .text("string"), "pattern": .text("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")])
    ) { text throws(ScalarFault) in
        guard let day = LocalDay(text) else { throw ScalarFault() }
        return day
    }
}

extension Rule where Value == ExactDecimal {
    /// An amount of money for a unit: exact, zero or more.
    static let price = decimal(
        "a price",
        allowed: "a price is zero or a positive decimal such as 0.002, taken exactly as written",
        bound: "minimum"
    ) { $0 >= .zero ? nil : "is negative" }

    /// Where a tier ends.
    static let bound = decimal(
        "a bound",
        allowed: "upTo is a positive decimal such as 10000, in consumedUnit and inclusive; the last tier has none",
        bound: "exclusiveMinimum"
    ) { $0 > .zero ? tooLong($0) : "is not positive" }

    /// What costs nothing.
    static let allowance = decimal(
        "an allowance",
        allowed: "an allowance is zero or a positive decimal such as 10000, in consumedUnit",
        bound: "minimum"
    ) { $0 >= .zero ? tooLong($0) : "is negative" }

    /// A month's quantities have at most so many digits on each side of the point, so that bounds can be added up.
    static let quantityDigits = 18

    private static func tooLong(_ value: ExactDecimal) -> String? {
        let limit = (0..<quantityDigits).reduce(Int128(1)) { power, _ in power * 10 }
        let whole = value.mantissa / (0..<Int(value.scale)).reduce(Int128(1)) { power, _ in power * 10 }
        guard whole >= limit || Int(value.scale) > quantityDigits else { return nil }
        return "has more than \(quantityDigits) digits before the point or behind it"
    }

    /// How many of something make one of another: positive, and made of twos and fives, so that dividing by it ends.
    static let divisor = decimal(
        "a divisor",
        allowed: "a positive number whose only prime factors are 2 and 5, such as 1, 1000 or 1000000",
        bound: "exclusiveMinimum"
    ) { value in
        guard value > .zero else { return "is not positive" }
        guard let factor = value.otherPrimeFactor else { return nil }
        return "has the factor \(factor), so that quantities would have no end in decimals"
    }

    private static func decimal(
        _ noun: String,
        allowed: String,
        bound: String,
        fault: @escaping @Sendable (ExactDecimal) -> String?
    ) -> Rule {
        let number: JSONValue = .members([
            "type": .texts(["string", "number"]),
            "pattern": .text("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$"),
            bound: .number(0),
        ])
        return scalar(noun, allowed: allowed, schema: number) { text throws(ScalarFault) in
            guard let value = try? ExactDecimal(text) else { throw ScalarFault() }
            if let reason = fault(value) { throw ScalarFault(reason: reason) }
            return value
        }
    }
}

extension ExactDecimal {
    /// Whether every decimal divided by it is a decimal again.
    var isDivisor: Bool { self > .zero && otherPrimeFactor == nil }

    /// What is left of the digits when all twos and fives are divided out; nil when that is 1. The power of ten a
    /// fraction stands over holds only twos and fives itself.
    fileprivate var otherPrimeFactor: Int128? {
        var rest = mantissa
        for prime: Int128 in [2, 5] {
            while rest % prime == 0 { rest /= prime }
        }
        return rest == 1 ? nil : rest
    }
}
