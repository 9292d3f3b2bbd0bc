import Foundation
import MeterdConfiguration
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
            "values that are wrong are not called missing as well",
        ]
        for file in try BadFile.all() where seen.contains(file.title) { files[file.title] = file.text }
        let refused = try python.refused(schema: Self.schema(), files: files)
        #expect(refused.sorted() == seen.sorted())
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
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return data
    }
}
