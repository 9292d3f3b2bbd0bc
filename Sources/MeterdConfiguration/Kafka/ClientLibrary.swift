internal import CRdKafka
import Foundation

/// What librdkafka knows of its own settings, asked of the library itself, so that no list of them is kept here.
enum ClientLibrary {
    /// A setting as the library's own table has it.
    struct Property: Sendable {
        var name: String
        /// The name it is another name of.
        var target: String?
        var kind: Kind
        /// What it takes, such as `1 .. 1000000` or `true, false`; empty where that is any text.
        var range: String
    }

    enum Kind: String, Sendable {
        case integer
        case float
        /// A function or an object of a program.
        case code = "see dedicated API"
        /// All that is text: words, flags, patterns.
        case text
    }

    /// What the library says to a setting.
    enum Answer {
        /// The value as the library writes it, such as `true` for `T`.
        case taken(String)
        /// There is no such setting.
        case unknown
        /// Its words may repeat the value.
        case refused(words: String)
    }

    /// The settings by name. Those the library hides in its table are not here, though it takes them.
    static let properties: [String: Property] = {
        // A name may stand in the table twice, for the client and for its topics: the first is what is set.
        Dictionary(table().split(separator: "\n").compactMap(property).map { ($0.name, $0) }) { first, _ in first }
    }()

    /// Functions of a program that the library takes without a line in its table.
    static let hiddenCode: Set<String> = ["ut_handle_ProduceResponse"]

    /// Sets a property of a configuration that nothing is made of.
    ///
    /// `plugin.library.paths` is not for asking: setting it runs the plugin.
    static func answer(to name: String, _ value: String) -> Answer {
        let scratch = rd_kafka_conf_new()
        defer { rd_kafka_conf_destroy(scratch) }
        var text = [CChar](repeating: 0, count: wordsLimit)
        switch rd_kafka_conf_set(scratch, name, value, &text, text.count) {
        case RD_KAFKA_CONF_OK:
            var size = text.count
            guard rd_kafka_conf_get(scratch, name, &text, &size) == RD_KAFKA_CONF_OK else { return .taken(value) }
            return .taken(words(text))
        case RD_KAFKA_CONF_UNKNOWN:
            return .unknown
        default:
            return .refused(words: words(text))
        }
    }

    /// The most of an answer that is read, in bytes.
    private static let wordsLimit = 512

    private static func words(_ text: [CChar]) -> String {
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// The library's table of its settings, in Markdown.
    private static func table() -> String {
        var bytes: UnsafeMutablePointer<CChar>?
        var count = 0
        // The stream writes through both pointers until it is closed.
        let isWritten = withUnsafeMutablePointer(to: &bytes) { bytes in
            withUnsafeMutablePointer(to: &count) { count in
                guard let stream = open_memstream(bytes, count) else { return false }
                rd_kafka_conf_properties_show(stream)
                return fclose(stream) == 0
            }
        }
        defer { free(bytes) }
        guard isWritten, let bytes else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// A line of the table: name, C/P, range, default, importance, description. nil for every other line.
    private static func property(_ line: Substring) -> Property? {
        let columns = line.split(separator: "|", maxSplits: 5, omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard columns.count == 6, columns[0] != "Property", !columns[0].hasPrefix("-") else { return nil }
        let type = columns[5].text(between: "*Type: ", and: "*")
        return Property(
            name: columns[0],
            target: columns[5].text(between: "Alias for `", and: "`"),
            kind: type.flatMap(Kind.init) ?? .text,
            range: columns[2]
        )
    }
}

extension String {
    /// What stands between two marks, the first time they are there.
    fileprivate func text(between start: String, and end: String) -> String? {
        guard let from = firstRange(of: start) else { return nil }
        let rest = self[from.upperBound...]
        return rest.firstRange(of: end).map { String(rest[..<$0.lowerBound]) }
    }
}
