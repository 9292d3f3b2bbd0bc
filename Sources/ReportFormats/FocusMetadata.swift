public import Charges
import Crypto
import Metering
public import ReportDefinitions

/// What describes a FOCUS report's data files: the schema and the data generator of the specification (section Metadata,
/// https://focus.finops.org/focus-specification/v1-2/#metadata), and a manifest for each billing month.
///
/// All of it depends on the definition and the files alone, and on no clock, so the same report has the same bytes.
public struct FocusMetadata: Sendable {
    private let report: String
    private let format: FocusFormat
    private let customColumns: [String]
    private let generator: String

    /// Raised when the writer puts other things into the same columns. It is the major version of DataGeneratorVersion:
    /// 1: FOCUS 1.2 with SkuPriceId `<sku>-<currency>`; 2: all versions, SkuPriceId `<sku>` and one for each price tier.
    public static let writerRevision = 2
    /// When that revision was made: the schemas' CreationDate.
    private static let creationDate = "2026-11-21T00:00:00Z"

    /// Describes a report in a version of FOCUS.
    public init(report: Report, format: FocusFormat, catalog: ReportCatalog) {
        self.report = report.name
        self.format = format
        customColumns = catalog.customColumns(of: format.meters)
        let providers = format.meters.compactMap { slug -> String? in
            guard case .constant(let name)? = catalog.focusProfiles[slug]?.provider else { return nil }
            return name
        }
        let names = Set(providers).sorted { $0.precedesBytewise($1) }
        generator = names.isEmpty ? "meterd" : names.joined(separator: ", ")
    }

    /// A UUID (RFC 9562, version 8) made of the digest of all else in the schema, so that no schema object is ever edited.
    public var schemaID: String {
        var digest = Array(SHA256.hash(data: JSONDocument.object(definition).bytes).prefix(16))
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        let hexadecimal = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { hexadecimal[$0].joined() }.joined(separator: "-")
    }

    /// The schema object.
    public func schema() -> [UInt8] {
        JSONDocument.object([("SchemaId", .string(schemaID))] + definition).bytes
    }

    /// The schema object without its id.
    private var definition: [(String, JSONDocument)] {
        [
            ("FocusVersion", .string(format.version.rawValue)),
            ("CreationDate", .string(Self.creationDate)),
            ("DataGeneratorVersion", .string("\(Self.writerRevision).0.0+focus.\(format.version.rawValue)")),
            ("ColumnDefinition", .array(columnDefinitions)),
        ]
    }

    /// The data generator object: the providers of the report's meters where they are constants, else meterd.
    public func dataGenerator() -> [UInt8] {
        JSONDocument.object([("DataGenerator", .string(generator))]).bytes
    }

    /// The manifest of a billing month.
    /// - Parameters:
    ///   - files: the month's data files, in their order.
    ///   - totals: of BilledCost over all their rows, by currency.
    public func manifest(period: BillingPeriod, files: [DeliveredObject], totals: ReportTotals) -> [UInt8] {
        let columns =
            FocusColumn.columns(of: format.version).map { Self.column($0.rawValue, $0.dataType) }
            + customColumns.map { Self.column($0, .string) }
        return JSONDocument.object([
            ("report", .string(report)),
            ("FocusVersion", .string(format.version.rawValue)),
            ("SchemaId", .string(schemaID)),
            ("billingPeriod", .string(period.description)),
            ("billingPeriodStart", .string("\(period.first)T00:00:00Z")),
            ("billingPeriodEnd", .string("\(period.next.first)T00:00:00Z")),
            ("contentType", .string("text/csv")),
            ("compression", .string(format.compression.rawValue)),
            ("rows", .number(String(files.reduce(0) { $0 + $1.rows }))),
            ("totals", .array(totals.amounts.map(Self.total))),
            ("files", .array(files.map(Self.file))),
            ("columns", .array(columns)),
        ]).bytes
    }

    private static func column(_ name: String, _ type: FocusColumn.DataType) -> JSONDocument {
        .object([("name", .string(name)), ("type", .string(type.rawValue))])
    }

    private static func file(_ file: DeliveredObject) -> JSONDocument {
        .object([
            ("key", .string(file.key)),
            ("bytes", .number(String(file.bytes))),
            ("rows", .number(String(file.rows))),
            ("sha256", .string(file.sha256)),
        ])
    }

    /// The exact sum, and what it is in the currency's smallest units.
    private static func total(_ amount: ReportTotals.Amount) -> JSONDocument {
        let currency = amount.currency ?? ""
        let rounded = Currency.rounded(amount.value, of: currency)
        let digits = Currency.minorUnits(of: currency) ?? 0
        return .object([
            ("currency", .string(currency)),
            ("BilledCost", .string(amount.value.description)),
            ("rounded", .string(rounded.description(minimumFractionDigits: digits))),
        ])
    }
}

// MARK: - Columns

extension FocusMetadata {
    /// PreviousColumnName is in none: no column was ever renamed. Where 1.3 has other columns instead of ProviderName and
    /// PublisherName, both are there, and the old ones are deprecated.
    private var columnDefinitions: [JSONDocument] {
        let columns = FocusColumn.columns(of: format.version).map { column in
            Self.definition(
                column.rawValue,
                column.dataType,
                isDeprecated: column.isDeprecated(in: format.version),
                longest: column.longestText
            )
        }
        let custom = customColumns.map { Self.definition($0, .string) }
        return columns + custom
    }

    private static func definition(
        _ name: String,
        _ dataType: FocusColumn.DataType,
        isDeprecated: Bool = false,
        longest: Int? = nil
    ) -> JSONDocument {
        var members: [(String, JSONDocument)] = [
            ("ColumnName", .string(name)), ("DataType", .string(dataType.rawValue)),
        ]
        switch dataType {
        case .decimal:
            // At most 38 digits, wherever the point is: a type that holds all of them has room on both of its sides.
            let precision = ExactDecimal.maximumDigits + ExactDecimal.maximumScale
            members.append(("NumericPrecision", .number(String(precision))))
            members.append(("NumberScale", .number(String(ExactDecimal.maximumScale))))
        case .string:
            if let longest { members.append(("StringMaxLength", .number(String(longest)))) }
            members.append(("StringEncoding", .string("UTF-8")))
        case .dateTime, .json: break
        }
        // The tags are the user's own, so none has a provider's prefix.
        if name == FocusColumn.tags.rawValue { members.append(("ProviderTagPrefixes", .array([]))) }
        if isDeprecated { members.append(("Deprecated", .bool(true))) }
        return .object(members)
    }
}

extension FocusColumn {
    /// Characters the longest text has that the specification allows in a column; nil where it sets no bound. Texts from
    /// events and the configuration have none of their own.
    fileprivate var longestText: Int? {
        switch self {
        case .billingCurrency, .pricingCurrency: "USD".count
        case .chargeCategory: "Adjustment".count
        case .chargeClass: "Correction".count
        case .chargeFrequency: "Usage-Based".count
        case .pricingCategory: "Committed".count
        case .capacityReservationStatus, .commitmentDiscountStatus: "Unused".count
        case .commitmentDiscountCategory: "Spend".count
        default: nil
        }
    }
}
