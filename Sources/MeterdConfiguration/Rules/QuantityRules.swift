extension Rule where Value == Int {
    /// A whole number in a range.
    static func integer(_ range: ClosedRange<Int>) -> Rule {
        scalar(
            "a whole number",
            allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            schema: .members([
                "type": .text("integer"), "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound),
            ])
        ) { text throws(ScalarFault) in
            guard let number = Quantity(text), number.unit.isEmpty else { throw ScalarFault() }
            guard range.contains(number.count) else { throw ScalarFault(reason: "is out of range") }
            return number.count
        }
    }

    /// A number of bytes.
    /// - Parameter text: The range in words for messages, such as `1KiB to 1GiB`.
    static func size(_ range: ClosedRange<Int>, _ text: String) -> Rule {
        scalar(
            "a size",
            allowed: "a size is bytes or a whole number with kB, MB, GB, TB, KiB, MiB, GiB or TiB, from \(text)",
            schema: .members([
                "type": .texts(["string", "integer"]),
                "pattern": .text("^[0-9]+ ?(?:\(Quantity.sizes.map(\.unit).joined(separator: "|")))?$"),
                "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound),
            ])
        ) { text throws(ScalarFault) in
            guard let quantity = Quantity(text),
                let unit = quantity.unit.isEmpty ? 1 : Quantity.sizes.first(where: { $0.unit == quantity.unit })?.count
            else { throw ScalarFault() }
            guard let bytes = quantity.times(unit), range.contains(bytes) else {
                throw ScalarFault(reason: "is out of range")
            }
            return bytes
        }
    }

    /// A length of time, in seconds.
    /// - Parameter text: The range in words for messages, such as `1m to 31d`.
    static func duration(_ range: ClosedRange<Int>, _ text: String) -> Rule {
        scalar(
            "a duration",
            allowed: "a duration is a whole number with s, m, h or d, from \(text)",
            schema: .members(["type": .text("string"), "pattern": .text("^[0-9]+[smhd]$")])
        ) { text throws(ScalarFault) in
            guard let quantity = Quantity(text), let unit = Quantity.times.first(where: { $0.unit == quantity.unit })
            else {
                throw ScalarFault()
            }
            guard let seconds = quantity.times(unit.count), range.contains(seconds) else {
                throw ScalarFault(reason: "is out of range")
            }
            return seconds
        }
    }
}

extension Rule where Value == Bool {
    /// `true` or `false`.
    static let boolean = scalar("a boolean", allowed: "true or false", schema: .members(["type": .text("boolean")])) {
        text throws(ScalarFault) in
        switch text {
        case "true": return true
        case "false": return false
        default: throw ScalarFault()
        }
    }
}

/// A whole number and the letters behind it.
private struct Quantity {
    var count: Int
    var unit: String

    static let sizes: [(unit: String, count: Int)] = [
        ("B", 1), ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]
    static let times: [(unit: String, count: Int)] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]

    /// nil when there are no digits in front, or too many.
    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let rest = text.dropFirst(digits.count)
        guard let count = Int(digits), rest != " " else { return nil }
        self.count = count
        unit = String(rest.hasPrefix(" ") ? rest.dropFirst() : rest)
    }

    /// nil when the product does not fit.
    func times(_ factor: Int) -> Int? {
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
