import Foundation

extension Configuration {
    /// The largest file that is read, in bytes.
    public static let fileSizeLimit = 1 << 20

    /// Reads a configuration file.
    ///
    /// - Parameters:
    ///   - file: Its path, also in front of every error.
    ///   - environment: What `${NAME}` is filled in from.
    /// - Throws: All that is wrong with the file.
    public static func load(
        file: String,
        environment: [String: String]
    ) throws(ConfigurationErrors) -> Configuration {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            let isMissing = !FileManager.default.fileExists(atPath: file)
            throw failure(
                file,
                .start,
                isMissing ? "there is no such file" : "the file cannot be read",
                allowed: "name a YAML file that meterd may read"
            )
        }
        guard bytes.count <= fileSizeLimit else {
            throw failure(
                file,
                .start,
                "the file has \(bytes.count) bytes",
                allowed: "a configuration has at most \(fileSizeLimit)"
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(file, firstInvalid(bytes), "these bytes are not UTF-8", allowed: "save the file as UTF-8")
        }
        return try parse(text, fileName: file, environment: environment)
    }

    /// Reads a configuration from text.
    ///
    /// - Parameters:
    ///   - text: YAML.
    ///   - fileName: What stands in front of every error.
    ///   - environment: What `${NAME}` is filled in from.
    /// - Throws: All that is wrong with the text.
    public static func parse(
        _ text: String,
        fileName: String,
        environment: [String: String]
    ) throws(ConfigurationErrors) -> Configuration {
        // Positions are counted as editors count them, without a byte order mark.
        let source = SourceText(
            text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        )
        let diagnostics = Diagnostics(file: fileName, source: source)
        var composer = YAMLComposer(source: source, environment: environment, diagnostics: diagnostics)
        var configuration: Configuration?
        if let root = composer.compose() {
            let spot = Spot(node: root, name: "", diagnostics: diagnostics)
            configuration = RootSection.rule.read(spot).flatMap {
                Assembly(draft: $0, diagnostics: diagnostics).assemble()
            }
        }
        if let errors = diagnostics.errors { throw errors }
        guard let configuration else {
            preconditionFailure("a configuration that cannot be assembled has an error")
        }
        return configuration
    }

    private static func failure(
        _ file: String,
        _ position: Position,
        _ wrong: String,
        allowed: String
    ) -> ConfigurationErrors {
        ConfigurationErrors(errors: [
            ConfigurationError(
                file: file,
                line: position.line,
                column: position.column,
                message: "\(wrong); \(allowed)"
            )
        ])
    }

    private static func firstInvalid(_ bytes: Data) -> Position {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var position = Position.start
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            if scalar == "\n" {
                position = Position(line: position.line + 1, column: 1)
            } else {
                position.column += 1
            }
        }
        return position
    }
}
