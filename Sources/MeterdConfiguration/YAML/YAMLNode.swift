/// A value of the file with the place it stands at. Types are not guessed: a scalar is its text, and the key it belongs
/// to decides what the text means.
struct YAMLNode: Sendable {
    var position: Position
    var content: Content

    indirect enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping([YAMLEntry])
    }

    /// What the configuration would look like with nothing written, for defaults.
    static func standIn(_ content: Content, at position: Position) -> YAMLNode {
        YAMLNode(position: position, content: content)
    }

    /// What stands there, for messages.
    var kind: String {
        switch content {
        case .scalar(let scalar): scalar.isNull ? "empty" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// Nothing, `~` or `null`.
    var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.isNull } else { false }
    }

    /// The value for a message: quoted, as it is written in the file, so that nothing from the environment shows.
    var shown: String {
        switch content {
        case .scalar(let scalar): scalar.shown
        case .sequence, .mapping: kind
        }
    }

    /// A scalar's text as the file has it, with nothing filled in.
    var written: String {
        if case .scalar(let scalar) = content { scalar.written } else { kind }
    }

    /// Where a character of a scalar's text stands: in the file if the text is written there letter for letter,
    /// otherwise where the scalar begins.
    func position(ofCharacter offset: Int) -> Position {
        guard case .scalar(let scalar) = content, let start = scalar.literalStart else { return position }
        return Position(line: start.line, column: start.column + offset)
    }
}

/// A scalar as written and as filled in.
struct YAMLScalar: Sendable {
    /// The text with `${NAME}` filled in.
    var text: String
    /// The text as the file has it.
    var written: String
    /// Written without quotes and not as a block.
    var isPlain: Bool
    /// Some of the text comes from the environment.
    var isFilledIn: Bool
    /// A variable it needs is missing, which is reported already: nobody reads on.
    var isBroken: Bool
    /// Where the text's first character stands, when it stands in the file letter for letter.
    var literalStart: Position?

    var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(written) }

    /// Written as YAML's true or false.
    var isPlainBoolean: Bool { isPlain && !isFilledIn && ["true", "false"].contains(written.lowercased()) }

    /// Written as `${NAME}` and nothing else, so that the file holds none of it, not even a default.
    var isVariable: Bool { isFilledIn && written.wholeMatch(of: /\$\{[A-Za-z_][A-Za-z0-9_]*\}/) != nil }

    /// The longest piece of a value a message repeats, in characters.
    static let shownLimit = 64

    var shown: String {
        let piece = written.count > Self.shownLimit ? written.prefix(Self.shownLimit) + "…" : written[...]
        return "'\(piece)'\(isFilledIn ? " (filled in from the environment)" : "")"
    }

    /// Why nothing is left of a text that is filled in. There is nothing to hide then.
    var emptiness: String {
        let names = written.contains(":-") ? "is unset or empty" : "is set and empty"
        return "'\(written.prefix(Self.shownLimit))' \(names) in the environment"
    }
}

/// A key and its value.
struct YAMLEntry: Sendable {
    var name: String
    var position: Position
    var value: YAMLNode
}

/// A value that was read, and the node it was read from.
struct Placed<Value: Sendable>: Sendable {
    var value: Value
    var node: YAMLNode

    var position: Position { node.position }
    var shown: String { node.shown }

    /// Some of it comes from the environment, so that no message may hold it.
    var isFilledIn: Bool {
        if case .scalar(let scalar) = node.content { scalar.isFilledIn } else { false }
    }

    func map<Other: Sendable>(_ transform: (Value) -> Other) -> Placed<Other> {
        Placed<Other>(value: transform(value), node: node)
    }
}
