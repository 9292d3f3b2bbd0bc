/// Everything that is wrong with a configuration file, in the order of the file.
public struct ConfigurationErrors: Error, Sendable, Hashable, CustomStringConvertible {
    /// At least one.
    public let errors: [ConfigurationError]

    /// Makes a list of errors.
    public init(errors: [ConfigurationError]) {
        self.errors = errors
    }

    /// One line per error, without a newline after the last.
    public var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}

/// One thing that is wrong with a configuration file.
///
/// Neither part ever holds a value that came from the environment.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file as it was named by the caller.
    public let file: String
    /// 1 for the first line.
    public let line: Int
    /// 1 for the line's first character (Unicode scalar); a tab is one.
    public let column: Int
    /// What is wrong; what is allowed. One line.
    public let message: String

    /// Makes an error.
    public init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `FILE:LINE:COLUMN: what is wrong; what is allowed`
    public var description: String { "\(file):\(line):\(column): \(message)" }
}
