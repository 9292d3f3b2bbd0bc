import Charges
import Metering
import ReportDefinitions

/// Datadog custom costs as JSON, https://docs.datadoghq.com/cloud_cost_management/setup/custom/: an array of line items.
///
/// A period's last day is inclusive, so a day's start and end are the same. Nothing may be null or blank: a tag that a row
/// does not have is no key of its. Names and values have at most 1,000 characters. The currency is USD.
struct DatadogCosts: ChargeFormat {
    /// Characters (Unicode scalars) a name or a value may have.
    static let textLimit = 1_000

    init(meters: [PricedMeter]) throws(ReportDefinitionProblem) {
        if let meter = meters.first(where: { $0.profile.currency != "USD" }) {
            throw ReportDefinitionProblem(
                "meter \(meter.meter.slug) is priced in \(meter.profile.currency), and Datadog takes USD only; leave it out of "
                    + "the report"
            )
        }
    }

    var layout: FileLayout {
        FileLayout(
            header: Array("[\n".utf8),
            separator: Array(",\n".utf8),
            footer: Array("\n]\n".utf8),
            contentType: "application/json"
        )
    }

    func append(_ charge: FocusCharge, of meter: String, to bytes: inout [UInt8]) throws(ReportContentError) {
        let day = charge.day
        func json(_ text: String, _ what: String) throws(ReportContentError) -> String {
            let characters = text.unicodeScalars.count
            guard characters <= Self.textLimit else {
                throw .tooLong(what, meter: meter, day: day, characters: characters, limit: Self.textLimit)
            }
            guard !text.isBlank else { throw .blank(what, meter: meter, day: day) }
            return text.jsonString
        }
        var fields = [
            "\"ProviderName\":" + (try json(charge.provider, "ProviderName")),
            "\"ChargeDescription\":" + charge.description.first(Self.textLimit).jsonString,
            "\"ChargePeriodStart\":\"\(day)\"",
            "\"ChargePeriodEnd\":\"\(day)\"",
            "\"BilledCost\":\(charge.billedCost)",
            "\"BillingCurrency\":" + charge.currency.jsonString,
        ]
        var tags: [String] = []
        for (key, value) in charge.tags where !value.isBlank {
            tags.append((try json(key, "the tag's key \(key)")) + ":" + (try json(value, "the tag \(key)")))
        }
        if !tags.isEmpty { fields.append("\"Tags\":{" + tags.joined(separator: ",") + "}") }
        bytes += Array(("{" + fields.joined(separator: ",") + "}").utf8)
    }
}

extension String {
    /// At most so many Unicode scalars of it, the last one an ellipsis where it has more.
    fileprivate func first(_ limit: Int) -> String {
        guard unicodeScalars.count > limit else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(limit - 1))) + "…"
    }

    /// Whether it is empty or white space alone.
    fileprivate var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}
