/// Reads the text of a `ValuePath` from left to right.
struct PathReader {
    private let text: String
    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ text: String) {
        self.text = text
        scalars = Array(text.unicodeScalars)
    }

    mutating func segments() throws(ValuePathError) -> [ValuePath.Segment] {
        if text.utf8.count > ValuePath.maximumLength { throw error(.tooLong, at: 0) }
        guard take("$") else { throw error(.noRoot) }
        var segments: [ValuePath.Segment] = []
        while position < scalars.count {
            let start = position
            let segment: ValuePath.Segment
            if take(".") {
                segment = try dotted()
            } else if take("[") {
                segment = try bracketed()
            } else {
                throw unexpected()
            }
            if segments.count == ValuePath.maximumSegments { throw error(.tooManySegments, at: start) }
            segments.append(segment)
        }
        return segments
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private func error(_ problem: ValuePathError.Problem, at position: Int? = nil) -> ValuePathError {
        ValuePathError(path: text, column: (position ?? self.position) + 1, problem: problem)
    }

    private func unexpected() -> ValuePathError {
        switch next {
        case "*": error(.wildcard)
        case "?": error(.filter)
        case "(": error(.script)
        case nil: error(.missingName)
        case let scalar?: error(.unexpected(Character(scalar)))
        }
    }

    private mutating func dotted() throws(ValuePathError) -> ValuePath.Segment {
        if next == "." { throw error(.recursiveDescent) }
        let start = position
        while let scalar = next, Self.isPlain(scalar) { position += 1 }
        if position == start {
            if next == "[" { throw error(.missingName) }
            throw unexpected()
        }
        return .member(String(String.UnicodeScalarView(scalars[start..<position])))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: scalar.value >= 0x80
        }
    }

    private mutating func bracketed() throws(ValuePathError) -> ValuePath.Segment {
        skipSpaces()
        let segment: ValuePath.Segment
        switch next {
        case "'", "\"": segment = .member(try quoted())
        case let digit? where ("0"..."9").contains(digit): segment = .element(try number())
        case "-": throw error(.negativeElement)
        case ":": throw error(.slice)
        case nil: throw error(.missingBracket)
        default: throw unexpected()
        }
        skipSpaces()
        if take("]") { return segment }
        switch next {
        case ",": throw error(.union)
        case ":": throw error(.slice)
        case nil: throw error(.missingBracket)
        default: throw unexpected()
        }
    }

    private mutating func skipSpaces() {
        while take(" ") {}
    }

    private mutating func number() throws(ValuePathError) -> Int {
        let start = position
        var value = 0
        while let scalar = next, ("0"..."9").contains(scalar) {
            value = value * 10 + Int(scalar.value - 48)
            if value > ValuePath.maximumElement { throw error(.elementTooLarge, at: start) }
            position += 1
        }
        if position - start > 1, scalars[start] == "0" { throw error(.leadingZero, at: start) }
        return value
    }

    private mutating func quoted() throws(ValuePathError) -> String {
        let start = position
        let quote = scalars[position]
        position += 1
        var name = String.UnicodeScalarView()
        while let scalar = next {
            position += 1
            if scalar == quote { return String(name) }
            if scalar.value < 0x20 { throw error(.controlCharacter, at: position - 1) }
            name.append(scalar == "\\" ? try escaped(quote) : scalar)
        }
        throw error(.unterminatedName, at: start)
    }

    /// What stands after a backslash.
    private mutating func escaped(_ quote: Unicode.Scalar) throws(ValuePathError) -> Unicode.Scalar {
        let start = position - 1
        guard let scalar = next else { throw error(.unterminatedName, at: start) }
        position += 1
        switch scalar {
        case quote, "\\", "/": return scalar
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            guard var value = hexadecimal() else { throw error(.badEscape, at: start) }
            if value & 0xFC00 == 0xD800, take("\\"), take("u") {
                guard let low = hexadecimal(), low & 0xFC00 == 0xDC00 else { throw error(.badEscape, at: start) }
                value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
            }
            guard let result = Unicode.Scalar(value) else { throw error(.badEscape, at: start) }
            return result
        default: throw error(.badEscape, at: start)
        }
    }

    private mutating func hexadecimal() -> UInt32? {
        guard scalars.count - position >= 4 else { return nil }
        var value: UInt32 = 0
        for scalar in scalars[position..<position + 4] {
            guard let digit = Character(scalar).hexDigitValue, scalar.isASCII else { return nil }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
