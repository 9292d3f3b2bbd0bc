public import Metering

/// Exact sums: one of a metric, or one of money for each currency.
///
/// As text, `12.5` for a metric and `EUR 1.5, USD 12` for money; that is how they are kept.
public struct ReportTotals: Sendable, Hashable, CustomStringConvertible {
    /// Sorted by currency; a metric has one without a currency. Empty: nothing was added up.
    public private(set) var amounts: [Amount]

    /// One sum.
    public struct Amount: Sendable, Hashable {
        /// ISO 4217; nil for a metric.
        public var currency: String?
        /// The sum, exact.
        public var value: ExactDecimal

        /// Makes an amount.
        public init(currency: String?, value: ExactDecimal) {
            self.currency = currency
            self.value = value
        }
    }

    /// Sums of nothing.
    public init() { amounts = [] }

    /// Reads what `description` wrote; nil for anything else.
    public init?(_ text: String) {
        self.init()
        guard !text.isEmpty else { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: " ")
            guard (1...2).contains(words.count), let last = words.last, let value = try? ExactDecimal(String(last))
            else { return nil }
            amounts.append(Amount(currency: words.count == 2 ? String(words[0]) : nil, value: value))
        }
    }

    /// Adds to the sum of a currency, or of the metric.
    public mutating func add(_ value: ExactDecimal, currency: String?) throws(ExactDecimalError) {
        if let index = amounts.firstIndex(where: { $0.currency == currency }) {
            amounts[index].value = try amounts[index].value.adding(value)
        } else {
            amounts.append(Amount(currency: currency, value: value))
            amounts.sort { ($0.currency ?? "") < ($1.currency ?? "") }
        }
    }

    /// Adds other sums to these.
    public mutating func add(_ other: ReportTotals) throws(ExactDecimalError) {
        for amount in other.amounts { try add(amount.value, currency: amount.currency) }
    }

    /// The same sums, where there is one without a currency and one currency in other sums, in that currency: older
    /// records of costs name none.
    public func named(as other: ReportTotals) -> ReportTotals {
        guard amounts.count == 1, amounts[0].currency == nil, other.amounts.count == 1 else { return self }
        var named = self
        named.amounts[0].currency = other.amounts[0].currency
        return named
    }

    /// The sum of a currency; zero where nothing was added up.
    public func value(of currency: String?) -> ExactDecimal {
        amounts.first { $0.currency == currency }?.value ?? .zero
    }

    /// `12.5`, `EUR 1.5, USD 12`, or nothing.
    public var description: String {
        amounts.map { amount in (amount.currency.map { $0 + " " } ?? "") + amount.value.description }
            .joined(separator: ", ")
    }
}
