/// How one kind of value is read from a file, and how a JSON Schema says the same. Parser and schema share it, so that
/// neither knows a key or a limit the other does not.
struct Rule<Value: Sendable>: Sendable {
    let schema: JSONValue
    /// nil when the value is wrong, which is reported then.
    let read: @Sendable (Spot) -> Value?
}

/// A value while it is read: its node, what messages call it, and where they go.
struct Spot {
    var node: YAMLNode
    /// The path of keys, such as `storage.dedupe.window`.
    var name: String
    let diagnostics: Diagnostics

    func report(_ wrong: String, allowed: String) {
        diagnostics.report(node.position, wrong, allowed: allowed)
    }

    /// A part of this value.
    func inside(_ key: String, _ node: YAMLNode) -> Spot {
        Spot(node: node, name: name.isEmpty ? key : "\(name).\(key)", diagnostics: diagnostics)
    }
}

/// Why a scalar's text is not what it should be.
struct ScalarFault: Error {
    /// Replaces "is not …" where it says more; it may repeat text of the value.
    var reason: String?
    /// Replaces what the rule allows where it says more.
    var allowed: String?
    /// Which Unicode scalar of the text is wrong, 0 for the first.
    var offset = 0
}

extension Rule {
    /// A single value.
    /// - Parameters:
    ///   - noun: What it should be, as in "is not a duration".
    ///   - allowed: What a message allows.
    ///   - schema: What the schema asks of a value that is not filled in from the environment.
    ///   - isSecret: No message shows the value.
    static func scalar(
        _ noun: String,
        allowed: String,
        schema: JSONValue,
        isSecret: Bool = false,
        parse: @escaping @Sendable (String) throws(ScalarFault) -> Value
    ) -> Rule {
        let anyOf: JSONValue = .members([
            "anyOf": .array([schema, .members(["$ref": .text("#/$defs/fromEnvironment")])])
        ])
        return Rule(schema: anyOf) { spot in
            guard let scalar = plainScalar(spot, noun, allowed) else { return nil }
            do throws(ScalarFault) {
                return try parse(scalar.text)
            } catch {
                // What the fault says may repeat a piece of the text, which must not be one from the environment.
                let fault = scalar.isFilledIn ? ScalarFault() : error
                let shown = isSecret && !scalar.isVariable ? "what stands there" : scalar.shown
                spot.diagnostics.report(
                    spot.node.position(ofCharacter: fault.offset),
                    "\(spot.name): \(shown) \(fault.reason ?? "is not \(noun)")",
                    allowed: fault.allowed ?? allowed
                )
                return nil
            }
        }
    }

    /// The scalar at the spot, if it is one and holds something.
    private static func plainScalar(_ spot: Spot, _ noun: String, _ allowed: String) -> YAMLScalar? {
        guard case .scalar(let scalar) = spot.node.content else {
            spot.report("\(spot.name) is \(spot.node.kind), not \(noun)", allowed: allowed)
            return nil
        }
        if scalar.isBroken { return nil }
        if scalar.text.isEmpty || scalar.isNull {
            let reason = scalar.isFilledIn ? ": \(scalar.emptiness)" : ""
            spot.report("\(spot.name) is empty\(reason)", allowed: allowed)
            return nil
        }
        return scalar
    }

    /// A value with its place.
    static func placed<Inner>(_ inner: Rule<Inner>) -> Rule where Value == Placed<Inner> {
        Rule(schema: inner.schema) { spot in inner.read(spot).map { Placed(value: $0, node: spot.node) } }
    }

    /// A list, where nothing at all is an empty one. Entries that are wrong are left out.
    /// - Parameter isFilled: The schema takes no empty one; whoever reads the list says why.
    static func list<Element>(
        of element: Rule<Element>,
        isFilled: Bool = false
    ) -> Rule where Value == [Placed<Element>] {
        Rule(
            schema: isFilled
                ? .members(["type": .text("array"), "minItems": .number(1), "items": element.schema])
                : .members(["type": .texts(["array", "null"]), "items": element.schema]),
            read: { spot in
                if spot.node.isNull { return [] }
                guard case .sequence(let nodes) = spot.node.content else {
                    spot.report(
                        "\(spot.name) is \(spot.node.kind), not a list",
                        allowed: "write [ … ] or lines that begin with -"
                    )
                    return nil
                }
                return nodes.enumerated().compactMap { index, node in
                    element.read(Spot(node: node, name: "\(spot.name)[\(index)]", diagnostics: spot.diagnostics))
                        .map { Placed(value: $0, node: node) }
                }
            }
        )
    }

    /// A mapping whose keys the user chooses, where nothing at all is an empty one.
    static func map<Element>(
        keys: NamePattern,
        of element: Rule<Element>
    ) -> Rule where Value == [NamedEntry<Element>] {
        Rule(
            schema: .members([
                "type": .texts(["object", "null"]),
                "patternProperties": .members([keys.pattern: element.schema]),
                "additionalProperties": .boolean(false),
            ]),
            read: { spot in
                if spot.node.isNull { return [] }
                guard case .mapping(let entries) = spot.node.content else {
                    spot.report(
                        "\(spot.name) is \(spot.node.kind), not a mapping",
                        allowed: "write one 'key: value' a line"
                    )
                    return nil
                }
                return entries.compactMap { entry in
                    guard keys.matches(entry.name) else {
                        spot.diagnostics.report(
                            entry.position,
                            "\(spot.name): the key '\(entry.name)' is not \(keys.noun)",
                            allowed: keys.allowed
                        )
                        return nil
                    }
                    let value = element.read(spot.inside(entry.name, entry.value))
                    return NamedEntry(name: entry.name, position: entry.position, value: value)
                }
            }
        )
    }
}

/// A key the user chose and what stands under it; the value is nil when it is wrong.
struct NamedEntry<Value: Sendable>: Sendable {
    var name: String
    var position: Position
    var value: Value?
}
