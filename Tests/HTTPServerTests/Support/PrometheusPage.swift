import Metering

/// A page in Prometheus text, version 0.0.4, read strictly
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format): what the format allows but no page of
/// meterd has is refused too (timestamps, blank lines, comments, families without help).
struct PrometheusPage {
    struct Bad: Error, CustomStringConvertible {
        var description: String
    }

    struct Label: Hashable {
        var name: String
        var value: [UInt8]
    }

    struct Sample {
        var labels: [Label]
        /// As it stands there.
        var value: String

        /// The value of a label; nil without it or where it is not UTF-8.
        subscript(_ name: String) -> String? {
            labels.first { $0.name == name }.flatMap { String(validating: $0.value, as: UTF8.self) }
        }
    }

    struct Family {
        var name: String
        var help: String
        var samples: [Sample] = []
    }

    private(set) var families: [Family] = []

    /// The samples of a family; none when there is none of that name.
    func samples(_ name: String) -> [Sample] { families.first { $0.name == name }?.samples ?? [] }

    init(_ text: String) throws {
        guard text.utf8.last == UInt8(ascii: "\n") else { throw Bad(description: "the last line does not end") }
        let lines = text.utf8.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var isTyped = true
        for line in lines.map(Array.init) {
            let shown = String(decoding: line, as: UTF8.self)
            let words = shown.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            if shown.hasPrefix("# HELP ") {
                guard isTyped, words.count == 4, Self.isName(words[2]),
                    !families.contains(where: { $0.name == words[2] })
                else { throw Bad(description: "help: \(shown)") }
                families.append(Family(name: words[2], help: words[3]))
                isTyped = false
            } else if shown.hasPrefix("# TYPE ") {
                guard !isTyped, words.count == 4, words[2] == families.last?.name, words[3] == "gauge" else {
                    throw Bad(description: "type: \(shown)")
                }
                isTyped = true
            } else {
                guard isTyped, !families.isEmpty else { throw Bad(description: "no type: \(shown)") }
                let sample = try Self.sample(line, of: families[families.count - 1].name)
                families[families.count - 1].samples.append(sample)
            }
        }
        guard isTyped else { throw Bad(description: "the last family has no type") }
        for family in families {
            let labels = family.samples.map { Set($0.labels) }
            guard Set(labels).count == labels.count else { throw Bad(description: "\(family.name): a series twice") }
        }
    }

    private static func isName(_ text: String) -> Bool {
        text.utf8.first.map { !(48...57).contains($0) } ?? false
            && text.utf8.allSatisfy { (97...122).contains($0 | 32) || (48...57).contains($0) || $0 == 95 }
    }

    private static func sample(_ line: [UInt8], of family: String) throws -> Sample {
        let bad = Bad(description: "of \(family): \(String(decoding: line, as: UTF8.self))")
        var rest = line[...]
        guard rest.starts(with: Array("\(family){".utf8)) else { throw bad }
        rest = rest.dropFirst(family.utf8.count + 1)
        var labels: [Label] = []
        while true {
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { throw bad }
            let name = String(decoding: rest[..<equals], as: UTF8.self)
            rest = rest[equals...].dropFirst()
            guard isName(name), !name.hasPrefix("__"), !labels.contains(where: { $0.name == name }),
                rest.popFirst() == UInt8(ascii: "\"")
            else { throw bad }
            labels.append(Label(name: name, value: try value(&rest, bad)))
            let next = rest.popFirst()
            if next == UInt8(ascii: "}") { break }
            guard next == UInt8(ascii: ",") else { throw bad }
        }
        guard rest.popFirst() == UInt8(ascii: " ") else { throw bad }
        let number = String(decoding: rest, as: UTF8.self)
        guard let decimal = try? ExactDecimal(number), decimal.description == number else { throw bad }
        return Sample(labels: labels, value: number)
    }

    /// A label's value behind its opening quote, which must be UTF-8.
    private static func value(_ rest: inout ArraySlice<UInt8>, _ bad: Bad) throws -> [UInt8] {
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard String(validating: value, as: UTF8.self) != nil else { throw bad }
                return value
            case UInt8(ascii: "\\"):
                switch rest.popFirst() {
                case UInt8(ascii: "n"): value.append(UInt8(ascii: "\n"))
                case UInt8(ascii: "\\"): value.append(UInt8(ascii: "\\"))
                case UInt8(ascii: "\""): value.append(UInt8(ascii: "\""))
                default: throw bad
                }
            default: value.append(byte)
            }
        }
        throw bad
    }
}
