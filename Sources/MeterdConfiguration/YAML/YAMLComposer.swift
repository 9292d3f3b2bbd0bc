import Yams

/// Turns a file's text into nodes, with `${NAME}` filled in.
///
/// Yams gives the tree. What it does not do is told here: a place for every repeated key (it stops at the first mapping
/// that has some), and refusing merge keys, tags and keys that are not words.
struct YAMLComposer {
    private let source: SourceText
    private let environment: EnvironmentFiller
    private let diagnostics: Diagnostics
    /// Names of repeated keys by what they were renamed to; see `RepeatedKeys`.
    private var renamed: [String: String] = [:]
    private var nodesLeft = YAMLComposer.nodeLimit

    /// The most nodes a file may have, every use of an alias counted. A file of aliases of aliases can name billions.
    static let nodeLimit = 100_000
    /// The most levels of lists and mappings in each other. The configuration needs seven.
    static let depthLimit = 32

    init(source: SourceText, environment: [String: String], diagnostics: Diagnostics) {
        self.source = source
        self.environment = EnvironmentFiller(environment: environment)
        self.diagnostics = diagnostics
    }

    /// The file's tree; an empty file is an empty mapping. nil when the text is not YAML, which is reported.
    mutating func compose() -> YAMLNode? {
        if let forbidden = source.firstForbidden {
            let code = String(forbidden.scalar.value, radix: 16, uppercase: true)
            diagnostics.report(
                forbidden.position,
                "the character U+\(code) is not taken in YAML",
                allowed: "write printable UTF-8; in double quotes an escape such as \"\\x\(code)\" does"
            )
            return nil
        }
        var keys = RepeatedKeys(source: source)
        while true {
            do {
                let root = try Parser(yaml: keys.text, resolver: .basic, encoding: .utf8).singleRoot()
                renamed = keys.renamed
                return root.flatMap { convert($0, depth: 0) } ?? .standIn(.mapping([]), at: .start)
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let position = Position(line: context.mark.line, column: context.mark.column)
                guard let name = names.first, keys.rename(name, at: position) else {
                    diagnostics.report(
                        position,
                        "the key '\(names.first ?? "")' is repeated",
                        allowed: "keep one of them"
                    )
                    return nil
                }
            } catch {
                report(error)
                return nil
            }
        }
    }

    private func report(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _):
            let begun = context.map { ", \($0.text) that begins on line \($0.mark.line)" } ?? ""
            diagnostics.report(
                Position(line: mark.line, column: mark.column),
                "this is not YAML: \(problem)\(begun)",
                allowed: "check the indentation, quotes and brackets there"
            )
        case YamlError.composer(_, let problem, let mark, _):
            let isDocument = problem.contains("document")
            diagnostics.report(
                Position(line: mark.line, column: mark.column),
                isDocument ? "a second document begins" : "this is not YAML: \(problem)",
                allowed: isDocument ? "a file holds one" : "an alias follows its anchor"
            )
        default:
            diagnostics.report(.start, "this is not YAML", allowed: "write YAML 1.1 in UTF-8")
        }
    }

    private mutating func convert(_ node: Yams.Node, depth: Int) -> YAMLNode? {
        let position = Position(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        guard depth <= Self.depthLimit else {
            diagnostics.report(
                position,
                "lists and mappings stand more than \(Self.depthLimit) levels deep in each other",
                allowed: "no key needs that many"
            )
            return nil
        }
        nodesLeft -= 1
        guard nodesLeft > 0 else {
            if nodesLeft == 0 {
                diagnostics.report(
                    position,
                    "the file has more than \(Self.nodeLimit) values",
                    allowed: "use fewer aliases"
                )
            }
            return nil
        }
        if !node.tag.rawValue.hasPrefix("tag:yaml.org,2002:") {
            diagnostics.report(
                position,
                "the tag \(node.tag.rawValue) is not known",
                allowed: "write values without tags"
            )
        }
        switch node {
        case .scalar(let scalar):
            return convert(scalar, at: position)
        case .sequence(let sequence):
            var items: [YAMLNode] = []
            for item in sequence {
                guard let item = convert(item, depth: depth + 1) else { return nil }
                items.append(item)
            }
            return YAMLNode(position: position, content: .sequence(items))
        case .mapping(let mapping):
            return convert(mapping, at: position, depth: depth)
        case .alias:
            // Parser puts the anchor's node in an alias's place.
            return YAMLNode(position: position, content: .mapping([]))
        }
    }

    private mutating func convert(_ mapping: Yams.Node.Mapping, at position: Position, depth: Int) -> YAMLNode? {
        var entries: [YAMLEntry] = []
        var lines: [String: Int] = [:]
        for (key, value) in mapping {
            let place = Position(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
            guard let value = convert(value, depth: depth + 1) else { return nil }
            guard case .scalar(let scalar) = key else {
                diagnostics.report(place, "a list or mapping stands where a key is needed", allowed: "keys are words")
                continue
            }
            let name = renamed[scalar.string] ?? scalar.string
            if name == "<<" {
                diagnostics.report(
                    place,
                    "merge keys (<<) are not taken",
                    allowed: "an alias may stand for a whole value"
                )
            } else if let line = lines[name] {
                diagnostics.report(
                    place,
                    "the key '\(name)' is repeated",
                    allowed: "it stands on line \(line) already, keep one of them"
                )
            } else {
                lines[name] = place.line
                entries.append(YAMLEntry(name: name, position: place, value: value))
            }
        }
        return YAMLNode(position: position, content: .mapping(entries))
    }

    private func convert(_ scalar: Yams.Node.Scalar, at position: Position) -> YAMLNode {
        let literal = source.literalStart(of: scalar.string, at: position)
        let filled = environment.fill(scalar.string)
        for problem in filled.problems {
            let place = literal.map { Position(line: $0.line, column: $0.column + problem.offset) }
            diagnostics.report(place ?? position, problem.wrong, allowed: problem.allowed)
        }
        return YAMLNode(
            position: position,
            content: .scalar(
                YAMLScalar(
                    text: filled.text,
                    written: scalar.string,
                    isPlain: scalar.style == .plain,
                    isFilledIn: filled.isFilledIn,
                    isBroken: !filled.problems.isEmpty,
                    literalStart: filled.text == scalar.string ? literal : nil
                )
            )
        )
    }
}
