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
        digest.add(formulaEscape ? 1 : 0 as UInt64)
        switch format {
        case .csv(let format):
            digest.add(["csv", zone.identifier, format.dateColumn, format.metricColumn])
            digest.add([format.dateFormat.rawValue, format.files.rawValue])
            digest.add(format.dimensions)
            catalog.meters[format.meter]?.addDefinition(to: &digest)
        case .focus(let format):
            digest.add(["focus", format.version.rawValue, format.compression.rawValue, format.delivery.rawValue])
            addPricedMeters(from: catalog, to: &digest)
        case .cloudZeroTelemetry(let format):
            digest.add(["cloudzero-telemetry", format.stream.definition])
            digest.add(format.filters.flatMap { [$0.name, $0.dimension] })
            catalog.meters[format.meter]?.addDefinition(to: &digest)
        case .anyCost:
            digest.add(["anycost-cbf"])
            addPricedMeters(from: catalog, to: &digest)
        case .datadog:
            digest.add(["datadog-custom-costs"])
            addPricedMeters(from: catalog, to: &digest)
        case .reconciliation(let format):
            digest.add(["reconciliation"])
            if let reports = format.reports { digest.add(reports) }
        }
    }

    private func addPricedMeters(from catalog: ReportCatalog, to digest: inout ReportDigest) {
        for slug in meterSlugs {
            catalog.meters[slug]?.addDefinition(to: &digest)
            catalog.focusProfiles[slug]?.addDefinition(to: &digest)
            let prices = catalog.prices.filter { $0.meter == slug }
            for price in prices.sorted(by: { $0.from < $1.from }) { price.addDefinition(to: &digest) }
        }
    }

    /// Raised when the writers change what they write for the same usage.
    private static let writerRevision: UInt64 = 2
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

extension CloudZeroTelemetryFormat.Stream {
    fileprivate var definition: String {
        switch self {
        case .metric: "metric"
        case .allocation(let element): "allocation by \(element)"
        }
    }
}

extension Price {
    fileprivate func addDefinition(to digest: inout ReportDigest) {
        digest.add([meter, sku, unit, per.description, consumedUnit, currency, from.description])
        list.addDefinition(to: &digest)
        contracted.addDefinition(to: &digest)
        for own in overrides {
            digest.add(own.subject)
            own.rates.addDefinition(to: &digest)
        }
    }
}

extension Rates {
    fileprivate func addDefinition(to digest: inout ReportDigest) {
        digest.add([allowance.description, mode.rawValue])
        digest.add(tiers.flatMap { [$0.upTo?.description ?? "no end", $0.unitPrice.description] })
    }
}

extension FocusProfile {
    fileprivate func addDefinition(to digest: inout ReportDigest) {
        digest.add([currency, serviceCategory, serviceSubcategory])
        for value in [provider, publisher, invoiceIssuer, billingAccountID, serviceName] {
            digest.add(value.description)
        }
        let optional = [
            host, billingAccountName, billingAccountType, regionID, regionName, availabilityZone, subAccountID,
            subAccountName, subAccountType, resourceID, resourceName, resourceType,
        ]
        for value in optional { digest.add(value?.description) }
        digest.add(tags.flatMap { [$0.key, $0.value.description] })
        digest.add(customColumns.flatMap { [$0.name, $0.value.description] })
    }
}
