import Charges
import Metering
import ReportDefinitions

/// CloudZero's Common Bill Format, https://docs.cloudzero.com/docs/anycost-common-bill-format-cbf, in files of a drop,
/// https://docs.cloudzero.com/docs/anycost-cbf-drop-specs.
struct AnyCostCSV: ChargeFormat {
    private let tagKeys: [String]
    private let formulaEscape: Bool

    /// Rows a file of a drop may have.
    static let rowLimit = 1_000_000

    private static let columns = [
        "lineitem/type", "lineitem/description", "lineitem/cloud_provider", "resource/id", "resource/service",
        "resource/account", "resource/region", "resource/usage_family", "action/usage_type", "time/usage_start",
        "time/usage_end", "usage/amount", "usage/units", "cost/cost", "cost/discounted_cost", "cost/amortized_cost",
        "cost/discounted_amortized_cost", "cost/on_demand_cost",
    ]

    init(meters: [PricedMeter], formulaEscape: Bool) throws(ReportDefinitionProblem) {
        let currencies = Set(meters.map(\.profile.currency)).sorted()
        guard currencies.count <= 1 else {
            throw ReportDefinitionProblem(
                "the Common Bill Format has no column for a currency, and the meters are in "
                    + "\(currencies.joined(separator: " and ")); make a report for each, with a prefix of its own"
            )
        }
        let keys = Set(meters.flatMap { $0.profile.tags.map(\.key) })
        if let key = keys.sorted().first(where: { !Self.isTagKey($0) }) {
            throw ReportDefinitionProblem(
                "the Common Bill Format takes no tag with the key \"\(key)\": a key has letters, digits and _ . : / = + @ - only"
            )
        }
        tagKeys = keys.sorted { $0.precedesBytewise($1) }
        self.formulaEscape = formulaEscape
    }

    var layout: FileLayout {
        var header: [UInt8] = []
        CSVText.appendLine(Self.columns + tagKeys.map { "resource/tag:" + $0 }, to: &header)
        return FileLayout(header: header, rowLimit: Self.rowLimit)
    }

    func append(_ charge: FocusCharge, of meter: String, to bytes: inout [UInt8]) {
        func text(_ text: String?) -> String? { formulaEscape ? text.map(CSVText.withoutFormula) : text }
        let billed = charge.text(of: .billedCost)
        // What another company invoices is in its bill: it costs nothing here, and saves nothing either.
        let isBilledHere = charge.invoiceIssuer.utf8.elementsEqual(charge.provider.utf8)
        var fields: [String?] = [
            "Usage",
            text(charge.text(of: .chargeDescription)),
            text(charge.text(of: .providerName)),
            text(Self.resourceID(charge.seriesID)),
            text(charge.text(of: .serviceName)),
            text(charge.text(of: .subAccountID) ?? charge.text(of: .billingAccountID)),
            text(charge.text(of: .regionID)),
            text(charge.text(of: .skuMeter)),
            text(charge.text(of: .skuID)),
            charge.text(of: .chargePeriodStart),
            charge.text(of: .chargePeriodEnd),
            charge.text(of: .consumedQuantity),
            text(charge.text(of: .consumedUnit)),
            billed, billed, billed, billed,
            isBilledHere ? charge.text(of: .listCost) : nil,
        ]
        let tags = charge.tags
        for key in tagKeys { fields.append(text(tags.first { $0.key == key }?.value)) }
        CSVText.appendLine(fields, to: &bytes)
    }

    /// A series' id as the Common Bill Format reads it: what is in front of the first `/` or `:` is the type, what is behind
    /// it up to the next one the local id, and the rest is dropped. So all behind the meter is percent-encoded.
    static func resourceID(_ series: String) -> String {
        guard let slash = series.utf8.firstIndex(of: UInt8(ascii: "/")) else { return series }
        return series[...slash] + String(series[series.index(after: slash)...]).percentEncoding("%/:")
    }

    private static func isTagKey(_ key: String) -> Bool {
        !key.isEmpty
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_.:/=+@-".utf8.contains(byte)
                }
            }
    }
}

/// The object whose change makes CloudZero read a drop, https://docs.cloudzero.com/docs/anycost-cbf-drop-specs.
public struct AnyCostManifest {
    /// `manifest.json` of a billing month whose files are in the drop's folder beside it.
    public static func bytes(dropID: String) -> [UInt8] {
        JSONDocument.object([("version", .string("1.3.0")), ("current_drop_id", .string(dropID))]).bytes
    }
}
