import Charges
import Crypto
import Metering
import ObjectStore
import ReportDefinitions
import ReportFormats

/// Reads the months of a FOCUS report back by their manifests, as a reader of such exports does.
struct FocusInspection {
    let inspection: ReportInspection
    let format: FocusFormat

    private var report: Report { inspection.report }
    private var folder: String { report.stem + "/" }

    /// What is there, in the order of the keys.
    private struct Listing {
        var all: [String: ObjectEntry] = [:]
        /// Data objects and manifests by month.
        var data: [String: [ObjectEntry]] = [:]
        var manifests: [String: [ObjectEntry]] = [:]

        var months: [String] { Set(data.keys).union(manifests.keys).sorted() }
    }

    func run(
        progress: @escaping @Sendable (InspectionProgress) -> Void
    ) async throws(InspectionError) -> InspectionResult {
        let listing = listing(of: try await inspection.list(folder))
        var book = InspectionBook(
            report: report.name,
            limits: inspection.limits,
            total: listing.data.values.joined().reduce(0) { $0 + $1.size },
            progress: progress
        )
        for month in listing.months { try await check(month, listing, &book) }
        let generator = folder + "metadata/data_generator.json"
        if !listing.months.isEmpty, listing.all[generator] == nil { book.find(generator, "is missing") }
        return book.close()
    }

    private func listing(of entries: [ObjectEntry]) -> Listing {
        var listing = Listing()
        let (data, metadata) = (folder + "data/BILLING_PERIOD=", folder + "metadata/BILLING_PERIOD=")
        for entry in entries {
            listing.all[entry.key] = entry
            if entry.key.hasBytes(prefix: data) {
                listing.data[String(entry.key.dropFirst(data.count).prefix { $0 != "/" }), default: []].append(entry)
            } else if entry.key.hasBytes(prefix: metadata), entry.key.hasBytes(suffix: manifestName) {
                let month = String(entry.key.dropFirst(metadata.count).prefix { $0 != "/" })
                listing.manifests[month, default: []].append(entry)
            }
        }
        return listing
    }

    private var manifestName: String { "/\(report.name)-Manifest.json" }

    private func manifestKey(_ month: String) -> String { "\(folder)metadata/BILLING_PERIOD=\(month)" + manifestName }

    // MARK: A month

    private func check(
        _ month: String,
        _ listing: Listing,
        _ book: inout InspectionBook
    ) async throws(InspectionError) {
        let dataFolder = "\(folder)data/BILLING_PERIOD=\(month)/"
        let data = listing.data[month] ?? []
        guard let first = LocalDay(month + "-01") else {
            return book.find(dataFolder, "is no folder of a billing month")
        }
        let key = manifestKey(month)
        guard let entry = listing.manifests[month]?.first(where: { $0.key == key }) else {
            return book.find(
                key,
                "is missing; who reads by manifests sees none of the month's \(data.count.of("data object"))"
            )
        }
        guard let bytes = try await inspection.read(entry, book: &book) else { return }
        guard let manifest = InspectedJSON.decode(FocusManifest.self, bytes) else {
            return book.find(key, "is no manifest of a FOCUS report")
        }
        checkDefinition(manifest, month: month, key: key, &book)
        try await checkSchema(of: manifest, key: key, listing, &book)

        var sums = ReportTotals()
        var isComplete = true
        for file in manifest.files {
            guard file.key.hasBytes(prefix: dataFolder) else {
                book.find(key, "names \(file.key.onOneLine), which is not in the month's folder")
                isComplete = false
                continue
            }
            let check = FocusFileCheck(
                file: file,
                columns: manifest.columns.map(\.name),
                month: BillingPeriod(containing: first)
            )
            guard let entry = listing.all[file.key] else {
                book.find(file.key, "is missing, and the manifest names it")
                isComplete = false
                continue
            }
            book.count(file: entry.size)
            guard let bytes = try await inspection.read(entry, book: &book) else {
                isComplete = false
                continue
            }
            isComplete = check.check(bytes, limits: inspection.limits, sums: &sums, book: &book) && isComplete
        }
        if isComplete { checkSums(sums, manifest, key: key, &book) }
        try await checkOthers(data, manifest, bytes, month: month, listing, &book)
    }

    private func checkDefinition(_ manifest: FocusManifest, month: String, key: String, _ book: inout InspectionBook) {
        let rerun = "; run the report to write the month anew"
        if manifest.report != report.name { book.find(key, "is of a report \(manifest.report.quoted)") }
        if manifest.billingPeriod != month {
            book.find(key, "is of the billing period \(manifest.billingPeriod.quoted)")
        }
        if manifest.version != format.version.rawValue {
            book.find(key, "is of FOCUS \(manifest.version.quoted), the report of \(format.version.rawValue)" + rerun)
        } else {
            let expected = FocusMetadata(report: report, format: format, catalog: inspection.catalog).schemaID
            if manifest.schemaID != expected {
                book.find(key, "has the schema \(manifest.schemaID.quoted), the report \(expected)" + rerun)
            }
        }
        let rows = manifest.files.reduce(0) { $0 &+ $1.rows }
        if manifest.rows != rows { book.find(key, "says \(manifest.rows.of("row")), and its files have \(rows)") }
    }

    private func checkSchema(
        of manifest: FocusManifest,
        key: String,
        _ listing: Listing,
        _ book: inout InspectionBook
    ) async throws(InspectionError) {
        let schemaKey = "\(folder)metadata/schemas/\(manifest.schemaID).json"
        guard let entry = listing.all[schemaKey] else {
            return book.find(schemaKey, "is missing, and \(key.onOneLine) names it")
        }
        guard let bytes = try await inspection.read(entry, book: &book) else { return }
        guard let schema = InspectedJSON.decode(FocusSchema.self, bytes) else {
            return book.find(schemaKey, "is no schema of a FOCUS dataset")
        }
        if schema.schemaID != manifest.schemaID || schema.version != manifest.version
            || schema.columns.map(\.name) != manifest.columns.map(\.name)
        {
            book.find(schemaKey, "has another id, version or columns than \(key.onOneLine)")
        }
    }

    private func checkSums(
        _ sums: ReportTotals,
        _ manifest: FocusManifest,
        key: String,
        _ book: inout InspectionBook
    ) {
        var told = ReportTotals()
        for total in manifest.totals {
            guard let value = try? ExactDecimal(total.billedCost),
                (try? told.add(value, currency: total.currency)) != nil
            else { return book.find(key, "has a total \(total.billedCost.quoted), which is no exact number") }
        }
        if sums != told {
            book.find(key, "says BilledCost adds up to \(told), and the rows add up to \(sums)")
        }
    }

    // MARK: What else is there

    /// Data objects that the manifest does not name: none, but those of earlier deliveries with a folder and a manifest of
    /// their own.
    private func checkOthers(
        _ data: [ObjectEntry],
        _ manifest: FocusManifest,
        _ bytes: [UInt8],
        month: String,
        _ listing: Listing,
        _ book: inout InspectionBook
    ) async throws(InspectionError) {
        var named = Set(manifest.files.map(\.key))
        var isKept = false
        var earlierFiles = 0
        for entry in listing.manifests[month] ?? [] where entry.key != manifestKey(month) {
            guard let version = try await inspection.read(entry, book: &book) else { continue }
            isKept = isKept || version == bytes
            guard let earlier = InspectedJSON.decode(FocusManifest.self, version) else {
                book.find(entry.key, "is no manifest of a FOCUS report")
                continue
            }
            for file in earlier.files where !named.contains(file.key) {
                named.insert(file.key)
                earlierFiles += 1
                if listing.all[file.key]?.size != file.bytes {
                    book.find(file.key, "is missing or has another size than \(entry.key.onOneLine) says")
                }
            }
        }
        switch format.delivery {
        case .new:
            if !isKept { book.find(manifestKey(month), "is not kept with its version too") }
        case .overwrite:
            if earlierFiles > 0 {
                book.note(
                    "\(month) has \(earlierFiles.of("file")) of earlier deliveries with folders of their own; who reads all "
                        + "folders and follows no manifest counts them too"
                )
            }
        }
        for entry in data where !named.contains(entry.key) {
            book.find(entry.key, "is in no manifest; who reads the whole folder counts it too")
        }
    }
}
