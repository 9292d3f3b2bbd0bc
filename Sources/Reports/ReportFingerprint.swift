import CloudEvents
import Crypto
import Metering
import ReportDefinitions

/// A digest of texts, each with its length in front, so that no two lists of texts give the same bytes.
struct ReportDigest {
    private var hash = SHA256()

    mutating func add(_ text: String) {
        let utf8 = Array(text.utf8)
        add(UInt64(utf8.count))
        hash.update(data: utf8)
    }

    mutating func add(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { hash.update(bufferPointer: $0) }
    }

    mutating func add(_ number: Int64) {
        add(UInt64(bitPattern: number))
    }

    mutating func add(_ texts: [String]) {
        add(UInt64(texts.count))
        for text in texts { add(text) }
    }

    mutating func add(_ text: String?) {
        add(text.map { [$0] } ?? [])
    }

    var text: String { hash.finalize().hexadecimal }
}

extension Report {
    /// Everything in the configuration that the report's bytes and their place depend on, so that a change of it makes
    /// every period be looked at again.
    func addDefinition(from catalog: ReportCatalog, to digest: inout ReportDigest) {
        digest.add(Self.writerRevision)
        digest.add([name, prefix, catalog.destinations[destination]?.place ?? ""])
        switch format {
        case .csv(let format):
            digest.add(["csv", zone.identifier, format.dateColumn, format.metricColumn])
            digest.add([format.dateFormat.rawValue, format.files.rawValue])
            digest.add(format.dimensions)
            catalog.meters[format.meter]?.addDefinition(to: &digest)
        case .focus(let format):
            digest.add(["focus", format.version.rawValue])
            for slug in format.meters.sorted(by: { $0.precedesBytewise($1) }) {
                catalog.meters[slug]?.addDefinition(to: &digest)
                catalog.focusProfiles[slug]?.addDefinition(to: &digest)
                for price in catalog.prices where price.meter == slug { price.addDefinition(to: &digest) }
            }
        }
    }

    /// Raised when the writers change what they write for the same usage.
    private static let writerRevision: UInt64 = 1
}

extension Destination {
    /// Where it is, without the credentials that lead there.
    var place: String {
        switch kind {
        case .directory(let path): "directory \(path)"
        case .s3(let s3): "s3 \(s3.endpoint ?? s3.region) \(s3.bucket) \(s3.prefix)"
        }
    }
}

extension Meter {
    fileprivate func addDefinition(to digest: inout ReportDigest) {
        digest.add([slug, name, eventType, aggregation.rawValue])
        digest.add(eventFrom?.description)
        digest.add(valueProperty?.description)
        digest.add(groupBy.flatMap { [$0.name, $0.path.description] })
    }
}

extension Price {
    fileprivate func addDefinition(to digest: inout ReportDigest) {
        digest.add([meter, sku, unit, per.description, consumedUnit, currency, from.description])
        digest.add([listUnitPrice.description, contractedUnitPrice.description])
    }
}

extension FocusProfile {
    fileprivate func addDefinition(to digest: inout ReportDigest) {
        digest.add([currency, serviceCategory])
        digest.add(serviceSubcategory)
        for value in [provider, publisher, invoiceIssuer, billingAccountID, serviceName] {
            digest.add(value.description)
        }
        let optional = [
            billingAccountName, billingAccountType, regionID, regionName, subAccountID, subAccountName, subAccountType,
            resourceID, resourceName, resourceType,
        ]
        for value in optional { digest.add(value?.description) }
        digest.add(tags.flatMap { [$0.key, $0.value.description] })
    }
}
