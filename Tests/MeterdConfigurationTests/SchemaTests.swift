import Foundation
import MeterdConfiguration
import TestServers
import Testing

@Suite("the JSON Schema")
struct SchemaTests {
    private static func schema() throws -> Any {
        try JSONSerialization.jsonObject(with: Data(ConfigurationSchema.text.utf8))
    }

    /// Objects that describe keys, each with its name. A key may be called `properties`, as a schema's own word is.
    private static func descriptions(_ schema: Any) -> [(name: String, property: [String: Any])] {
        if let list = schema as? [Any] { return list.flatMap(descriptions) }
        guard let object = schema as? [String: Any] else { return [] }
        let own = (object["properties"] as? [String: Any] ?? [:]).compactMap { name, value in
            (value as? [String: Any]).map { (name: name, property: $0) }
        }
        let others = object.filter { $0.key != "properties" }.values
        return own + own.flatMap { descriptions($0.property) } + others.flatMap(descriptions)
    }

    @Test("is JSON, and each key has a description")
    func described() throws {
        let schema = try #require(try Self.schema() as? [String: Any])
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        #expect(
            Set((schema["properties"] as? [String: Any] ?? [:]).keys).isSuperset(of: ["server", "meters", "prices"])
        )
        for (name, property) in Self.descriptions(schema) {
            #expect((property["description"] as? String)?.isEmpty == false, "\(name) has no description")
        }
    }

    @Test("docs/configuration.md and config/meterd.yaml name every key")
    func documented() throws {
        let documentation = try Sample.file("docs/configuration.md")
        let example = try Sample.file("config/meterd.yaml")
        for key in Set(Self.descriptions(try Self.schema()).map(\.name)) {
            // Operators of conditions are no keys of their own: FilterTests looks for them.
            if key.hasPrefix("$") { continue }
            #expect(
                documentation.contains("`\(key)`") || documentation.contains(".\(key)`"),
                "\(key) is not documented"
            )
            if key != "windowSize" { #expect(example.contains("\(key):"), "\(key) is not in the example") }
        }
    }

    @Test(
        "takes the good files and refuses files with faults it can see",
        .enabled(if: Python.validator != nil, Python.hint)
    )
    func validates() throws {
        let python = try #require(Python.validator)
        var files = [
            "issue": try Sample.fixture("issue.yaml"), "openmeter": try Sample.fixture("openmeter-meters.yaml"),
            "demo": try Sample.file("config/demo.yaml"), "meterd": try Sample.file("config/meterd.yaml"), "empty": "",
            "kafka": try Sample.fixture("kafka.yaml"),
        ]
        let seen = [
            "not a mapping", "unknown keys with what was meant", "OpenMeter's own keys", "wrong types", "empty values",
            "listen",
            "sizes", "sizes out of range", "durations", "unknown words", "slugs",
            "JSONPath, with the column inside the path",
            "dimensions", "destinations", "S3", "a report's schedule", "keys of the other format, and no format",
            "headers",
            "formats of a telemetry", "prices", "Kafka: clusters", "Kafka: properties that are meterd's own",
            "values that are wrong are not called missing as well", "tiers", "what is agreed with subjects",
            "what other billing programs have", "currencies that are none", "FOCUS: columns of one's own",
            "formats and their keys", "CloudZero telemetry", "reconciliations", "the metrics page",
            "tokens", "rate limits", "TLS", "TLS: client certificates", "CORS", "CORS: no origins", "the portal",
            "filters", "filters: not a mapping", "aggregations that need a value",
        ]
        for file in try BadFile.all() where seen.contains(file.title) { files[file.title] = file.text }
        let refused = try python.refused(schema: Self.schema(), files: files)
        #expect(refused.sorted() == seen.sorted())
    }

    private static let digits = String(repeating: "0123456789abcdef", count: 4)
    private static let filters = "meters: [{ slug: a, eventType: a, aggregation: COUNT, filters:"

    /// A key's value in a file where all else is good, and whether it is.
    private static let shapes: [(text: String, isGood: Bool)] = [
        ("server: { tokens: [{ name: a, sha256: \(digits), scopes: [ingest] }] }", true),
        ("server: { tokens: [{ name: a, token: \"${TOKEN}\", scopes: [ingest], rateLimit: { events: 1 } }] }", true),
        ("server: { tokens: [{ name: a, token: abcdefghijklmnop, scopes: [ingest] }] }", false),
        ("server: { tokens: [{ name: a, token: \"${TOKEN:-abcdefghijklmnop}\", scopes: [ingest] }] }", false),
        ("server: { tokens: [{ name: a, scopes: [ingest] }] }", false),
        ("server: { tokens: [{ name: a, sha256: \(digits), token: \"${A}\", scopes: [ingest] }] }", false),
        ("server: { tokens: [{ name: a, sha256: \(digits), scopes: [write] }] }", false),
        ("server: { tokens: [{ name: a, sha256: \(digits), scopes: [query], rateLimit: { burst: 1s } }] }", false),
        ("server: { insecure: true, tls: { certificate: a, key: b, clientCA: c, clientCertificate: optional } }", true),
        ("server: { tls: { certificate: a } }", false), ("server: { insecure: maybe }", false),
        ("server: { cors: { origins: [\"https://app.example.org\", \"http://localhost:3000\"], maxAge: 1h } }", true),
        ("server: { cors: { origins: [\"https://app.example.org/\"] } }", false),
        ("server: { cors: { origins: [app.example.org] } }", false), ("server: { cors: {} }", false),
        ("server: { portal: { secret: \"${S}\", maximumLife: 1d } }", true),
        ("server: { portal: { secret: abc } }", false),
        ("\(filters) { subject: a, $.b: [1, \"\"], source: { $ne: x, $or: [y, { $in: [z] }] } } }]", true),
        ("\(filters) { subject: { $is: a } } }]", false), ("\(filters) { subject: {} } }]", false),
        ("\(filters) { subject: [] } }]", false), ("\(filters) { a-b: x } }]", false),
        ("\(filters) { subject: { $in: x } } }]", false),
        ("\(filters) { subject: { $and: [{ $eq: [x] }] } } }]", false),
        ("server: { usageMetrics: { series: 0 } }", true), ("server: { usageMetrics: { series: 1.5 } }", false),
        ("focus: { columns: { x_CostCenter: { dimension: team } } }", true),
        ("focus: { columns: { CostCenter: a } }", false), ("focus: { currency: XAU }", false),
        ("focus: { currency: \"${CURRENCY}\" }", true), ("focus: { host: { subject: true } }", true),
        ("focus: { region: { id: a, availabilityZone: { subject: 1 } } }", false),
        ("focus: { service: { name: A, subcategory: Other (Compute), category: Compute } }", true),
    ]

    /// The same for what stands in a price beside the keys that all have.
    private static let prices: [(text: String, isGood: Bool)] = [
        ("listUnitPrice: 1", true), ("allowance: 1", false),
        ("listUnitPrice: 1, tiers: [{ listUnitPrice: 1 }]", false),
        ("tiers: [{ upTo: 1e3, listUnitPrice: 1 }, { listUnitPrice: 0.5, contractedUnitPrice: 0 }]", true),
        ("tiers: [{ upTo: 0, listUnitPrice: 1 }, { listUnitPrice: 1 }]", false),
        ("tiers: [{ upTo: 5 }]", false), ("tiers: 5", false), ("tiers: [{ listUnitPrice: 1 }], tiering: volume", true),
        ("tiers: [{ listUnitPrice: 1 }], tiering: slab", false), ("listUnitPrice: 1, allowance: \"${FREE}\"", true),
        ("listUnitPrice: 1, subjects: { a: { contractedUnitPrice: 1 }, \"x y\": { allowance: 5 } }", true),
        ("listUnitPrice: 1, subjects: { a: { tiers: [{ upTo: 1, contractedUnitPrice: 1 }] } }", true),
        ("listUnitPrice: 1, subjects: { a: { listUnitPrice: 1 } }", false),
        ("listUnitPrice: 1, subjects: { a: 1 }", false), ("listUnitPrice: 1, minimumPrice: 1", false),
    ]

    /// The same for what stands in a report beside the keys that all have.
    private static let reports: [(text: String, isGood: Bool)] = [
        ("format: focus, meters: [a], version: \"1.4\", compression: none, delivery: new", true),
        ("format: focus, meters: [a], version: \"2.0\"", false), ("format: focus, meters: [a], files: daily", false),
        ("format: csv, meter: a, formulaEscape: true", true), ("format: csv, meter: a, compression: gzip", false),
        ("format: cloudzero-telemetry, meter: a, filters: { \"custom:A\": subject }", true),
        ("format: cloudzero-telemetry, meter: a, stream: allocation, element: subject", true),
        ("format: cloudzero-telemetry, meter: a, formulaEscape: true", false),
        ("format: anycost-cbf, meters: [a], formulaEscape: true", true), ("format: anycost-cbf, meter: a", false),
        ("format: datadog-custom-costs, meters: [a]", true),
        ("format: datadog-custom-costs, meters: [a], formulaEscape: true", false),
        ("format: reconciliation", true), ("format: reconciliation, reports: [a]", true),
        ("format: reconciliation, grace: 1h", false), ("format: krateo", false),
    ]

    @Test("tells good shapes of each key from bad ones", .enabled(if: Python.validator != nil, Python.hint))
    func shapes() throws {
        let python = try #require(Python.validator)
        let price = "prices: [{ meter: a, sku: a, unit: A, from: 2025-01-01,"
        let report = "reports: [{ name: a, destination: d, every: 1h,"
        let all =
            Self.shapes + Self.prices.map { ("\(price) \($0.text) }]", $0.isGood) }
            + Self.reports.map { ("\(report) \($0.text) }]", $0.isGood) }
        let files = Dictionary(uniqueKeysWithValues: all.map { ($0.0, $0.0) })
        let refused = try python.refused(schema: Self.schema(), files: files)
        #expect(refused.sorted() == all.filter { !$0.1 }.map(\.0).sorted())
    }
}

/// A Python with jsonschema and PyYAML.
struct Python: Sendable {
    var executable: URL

    static let hint: Comment = "python3 has no jsonschema or no PyYAML, so the schema is not tried on files"

    static let validator: Python? = {
        let search = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map { "\($0)/python3" } ?? []
        let candidates = [Sample.package.appending(path: ".venv/bin/python3").path] + search
        return candidates.map { Python(executable: URL(filePath: $0)) }.first { python in
            FileManager.default.isExecutableFile(atPath: python.executable.path)
                && (try? python.run(["-c", "import jsonschema, yaml"], input: Data())) != nil
        }
    }()

    private struct Failure: Error { var status: Int32 }

    func refused(schema: Any, files: [String: String]) throws -> [String] {
        let input = try JSONSerialization.data(withJSONObject: ["schema": schema, "files": files])
        let script = try Sample.fixture("validate.py")
        let output = try run(["-c", script], input: input)
        return try JSONDecoder().decode([String].self, from: output)
    }

    private func run(_ arguments: [String], input: Data) throws -> Data {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try input.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = executable
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.start()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return data
    }
}
