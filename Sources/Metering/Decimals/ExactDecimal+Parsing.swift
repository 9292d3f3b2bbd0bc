extension ExactDecimal {
    /// Reads a JSON number (RFC 8259 section 6): `-`, an integer without leading zeros, a fraction, an exponent.
    ///
    /// - Throws: `.outOfRange` when the value has more than 38 digits written out, otherwise what is wrong with the text.
    @inlinable
    public init(parsing text: UnsafeRawBufferPointer) throws(ExactDecimalError) {
        if let short = Self.short(text) {
            self = short
        } else {
            self = try Self.parse(text, grammar: .json)
        }
    }

    /// Reads a JSON number from a string, with nothing around it.
    public init(_ text: String) throws(ExactDecimalError) {
        var text = text
        let parsed: Result<ExactDecimal, ExactDecimalError> = text.withUTF8 { bytes in
            Result { () throws(ExactDecimalError) in try ExactDecimal(parsing: UnsafeRawBufferPointer(bytes)) }
        }
        self = try parsed.get()
    }

    /// Reads what stands inside a JSON string that is meant as a number.
    ///
    /// Beside JSON numbers this takes what OpenMeter's clients send and it accepts in decimal: a leading `+`, leading
    /// zeros, `.5` and `5.`. Spaces, digit separators and hexadecimal are refused; NaN and infinities are named.
    public init(numericText text: UnsafeRawBufferPointer) throws(ExactDecimalError) {
        if let short = Self.short(text) {
            self = short
        } else {
            self = try Self.parse(text, grammar: .numericString)
        }
    }

    /// Digits beyond which `short` does not go: they fit a UInt64.
    static var shortLength: Int { 19 }

    /// Plain integers and decimals of at most 19 bytes, which is nearly all there are; nil for everything else.
    @usableFromInline
    static func short(_ text: UnsafeRawBufferPointer) -> ExactDecimal? {
        let count = text.count
        guard count > 0, count <= shortLength else { return nil }
        let negative = text[0] == UInt8(ascii: "-")
        let first = negative ? 1 : 0
        var position = first
        var value: UInt64 = 0
        while position < count {
            let digit = text[position] &- UInt8(ascii: "0")
            if digit > 9 { break }
            value = value &* 10 &+ UInt64(digit)
            position &+= 1
        }
        let integerDigits = position &- first
        guard integerDigits > 0, integerDigits == 1 || text[first] != UInt8(ascii: "0") else { return nil }
        var scale = 0
        if position < count {
            guard text[position] == UInt8(ascii: ".") else { return nil }
            position &+= 1
            scale = count &- position
            guard scale > 0 else { return nil }
            while position < count {
                let digit = text[position] &- UInt8(ascii: "0")
                if digit > 9 { return nil }
                value = value &* 10 &+ UInt64(digit)
                position &+= 1
            }
            while scale > 0, value % 10 == 0 {
                value /= 10
                scale &-= 1
            }
        }
        let mantissa = Int128(truncatingIfNeeded: value)
        return ExactDecimal(
            normalizedMantissa: negative ? 0 &- mantissa : mantissa,
            scale: UInt8(truncatingIfNeeded: scale)
        )
    }

    /// Which texts are numbers.
    @usableFromInline
    enum Grammar {
        case json
        case numericString
    }

    /// The whole grammar, and the reason when a text is no number.
    @usableFromInline
    static func parse(
        _ text: UnsafeRawBufferPointer,
        grammar: Grammar
    ) throws(ExactDecimalError) -> ExactDecimal {
        var reader = DecimalReader(text: text)
        do {
            return try reader.read(grammar)
        } catch {
            throw reader.cause(of: error)
        }
    }
}

/// One pass over a number's text.
private struct DecimalReader {
    let text: UnsafeRawBufferPointer
    var position = 0
    /// The significant digits so far, without the zeros that may turn out to be trailing ones.
    var significand: UInt128 = 0
    var digits = 0
    var pendingZeros = 0
    /// More significant digits than fit: the text is still read to its end, to tell a wrong text from a large number.
    var tooLong = false

    /// Exponents are not followed further than this; a value is zero or far out of range long before.
    static let largestExponent = 1_000_000_000_000

    init(text: UnsafeRawBufferPointer) {
        self.text = text
    }

    private var byte: UInt8? { position < text.count ? text[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard byte == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func read(_ grammar: ExactDecimal.Grammar) throws(ExactDecimalError) -> ExactDecimal {
        if text.isEmpty { throw .empty }
        let negative = take("-")
        if !negative, grammar == .numericString { _ = take("+") }
        let start = position
        readDigits()
        let integerDigits = position - start
        var fractionDigits = 0
        if grammar == .json {
            if integerDigits == 0 { throw .malformed(column: position + 1) }
            if integerDigits > 1, text[start] == UInt8(ascii: "0") { throw .malformed(column: start + 2) }
        }
        if take(".") {
            let fraction = position
            readDigits()
            fractionDigits = position - fraction
            if fractionDigits == 0, grammar == .json || integerDigits == 0 { throw .malformed(column: position + 1) }
        } else if integerDigits == 0 {
            throw .malformed(column: position + 1)
        }
        let exponent = try readExponent()
        if position < text.count { throw .malformed(column: position + 1) }
        if significand == 0 { return .zero }
        if tooLong { throw .outOfRange }
        let power = exponent - fractionDigits + pendingZeros
        guard power >= -ExactDecimal.maximumScale, digits + power <= ExactDecimal.maximumDigits else {
            throw .outOfRange
        }
        do {
            return try ExactDecimal.normalized(magnitude: significand, negative: negative, scale: -power)
        } catch {
            throw .outOfRange
        }
    }

    private mutating func readDigits() {
        while let byte, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            position += 1
            let digit = byte - UInt8(ascii: "0")
            if digit == 0 {
                if significand != 0 { pendingZeros += 1 }
                continue
            }
            let added = pendingZeros + 1
            // Once the digits are too many their value does not matter any more.
            guard !tooLong, digits + added <= ExactDecimal.maximumDigits else {
                tooLong = true
                continue
            }
            significand = significand * powersOfTen[added] + UInt128(digit)
            digits += added
            pendingZeros = 0
        }
    }

    private mutating func readExponent() throws(ExactDecimalError) -> Int {
        guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return 0 }
        position += 1
        let negative = take("-")
        if !negative { _ = take("+") }
        let start = position
        var exponent = 0
        while let byte, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            position += 1
            exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), Self.largestExponent)
        }
        if position == start { throw .malformed(column: position + 1) }
        return negative ? -exponent : exponent
    }

    /// Tells the spellings of NaN, infinity and hexadecimal from other texts that are no numbers.
    func cause(of error: ExactDecimalError) -> ExactDecimalError {
        guard case .malformed = error else { return error }
        var rest = text[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let lowered = rest.prefix(9).map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
        if lowered == Array("nan".utf8) { return .nan }
        if lowered == Array("inf".utf8) || lowered == Array("infinity".utf8) { return .infinity }
        if lowered.starts(with: "0x".utf8) { return .hexadecimal }
        return error
    }
}
