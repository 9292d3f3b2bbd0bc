import Charges
import Crypto
import ObjectStore
import ReportDefinitions
import ReportFormats

/// A file of a delivery, ready to be put.
struct DeliveryObject: Sendable {
    var key: String
    var body: ObjectBody
    var contentType: String
    /// Rows in it; 0 in what is no data.
    var rows: Int
    var bytes: Int
    /// In lower-case hexadecimal.
    var sha256: String
    /// Whether deliveries of other periods have the same one.
    var isShared = false

    /// A data file.
    init(_ part: WrittenPart, of written: WrittenDelivery, key: String) {
        self.key = key
        body = written.spooled.body(of: part.file)
        contentType = written.contentType
        rows = part.rows
        bytes = part.file.bytes
        sha256 = part.file.sha256
    }

    /// A file that describes data.
    init(key: String, json: [UInt8], isShared: Bool = false) {
        self.key = key
        body = .bytes(json)
        contentType = "application/json"
        rows = 0
        bytes = json.count
        sha256 = SHA256.hash(data: json).hexadecimal
        self.isShared = isShared
    }

    var delivered: DeliveredObject { DeliveredObject(key: key, rows: rows, bytes: bytes, sha256: sha256) }
}

extension PlannedDelivery {
    /// The files of the delivery in the order in which they are put: what leads a reader to the others comes last.
    /// - Parameter revision: of its one period; it does not matter where there are more.
    func objects(
        of written: WrittenDelivery,
        revision: Int,
        report: Report,
        catalog: ReportCatalog
    ) -> [DeliveryObject] {
        let version = keys.version(revision: revision, content: written.sections[0].content)
        let data = written.parts.enumerated().map { index, part in
            DeliveryObject(part, of: written, key: keys.data(part: index + 1, version: version))
        }
        switch keys {
        case .single:
            precondition(data.count == 1, "there is one key")
            return data
        case .numbered: return Array(data.dropFirst() + data.prefix(1))
        case .drops(let drops):
            return data + [DeliveryObject(key: drops.manifest, json: AnyCostManifest.bytes(dropID: version))]
        case .export(let export):
            guard case .focus(let format) = report.format else { preconditionFailure("only FOCUS is exported") }
            let metadata = FocusMetadata(report: report, format: format, catalog: catalog)
            let manifest = metadata.manifest(
                period: BillingPeriod(containing: sections[0].days[0]),
                files: data.map(\.delivered),
                totals: written.sections[0].totals
            )
            let schemaKey = export.schema(id: metadata.schemaID)
            var objects = data
            objects.append(DeliveryObject(key: schemaKey, json: metadata.schema(), isShared: true))
            objects.append(
                DeliveryObject(key: export.dataGenerator, json: metadata.dataGenerator(), isShared: true)
            )
            if let kept = export.manifest(of: version) { objects.append(DeliveryObject(key: kept, json: manifest)) }
            objects.append(DeliveryObject(key: export.manifest, json: manifest))
            return objects
        }
    }
}
