extension ExactDecimal {
    /// The value a meter measures: a JSON number, or a string that holds a number.
    ///
    /// It has at most 36 digits written out without an exponent, 18 of them after the point, so that sums have room.
    ///
    /// - Parameters:
    ///   - slice: what `PathSet` found at the meter's value property.
    ///   - json: the data it was found in.
    /// - Throws: why the event cannot be used.
    @inlinable
    public init(
        measured slice: JSONSlice,
        in json: UnsafeRawBufferPointer
    ) throws(InvalidValue) {
        // A short text is within the limits: of its 19 bytes at most 17 are digits after the point.
        if slice.kind == .number, let short = Self.short(slice.bytes(in: json)) {
            self = short
        } else {
            self = try Self.measure(slice, in: json)
        }
    }

    /// 10^36, which no measured value's mantissa reaches.
    static var measuredLimit: UInt128 { 1_000_000_000_000_000_000_000_000_000_000_000_000 }

    @usableFromInline
    static func measure(_ slice: JSONSlice, in json: UnsafeRawBufferPointer) throws(InvalidValue) -> ExactDecimal {
        let value: ExactDecimal
        switch slice.kind {
        case .number: value = try read(slice.bytes(in: json), grammar: .json)
        case .string where slice.isEscaped: value = try readEscaped(slice.content(in: json))
        case .string: value = try read(slice.content(in: json), grammar: .numericString)
        default: throw InvalidValue(unusable: slice.kind, in: json)
        }
        // Both limits are those of the number, not of its text: 1.000 has one digit and 1e35 has 36.
        guard value.mantissa.magnitude < measuredLimit, Int(value.scale) <= maximumMeasuredScale else {
            throw .outOfRange
        }
        return value
    }

    private static func read(
        _ text: UnsafeRawBufferPointer,
        grammar: Grammar
    ) throws(InvalidValue) -> ExactDecimal {
        if let short = short(text) { return short }
        do {
            return try parse(text, grammar: grammar)
        } catch {
            throw InvalidValue(error)
        }
    }

    /// Digits may be escaped in JSON as any character may.
    private static func readEscaped(_ content: UnsafeRawBufferPointer) throws(InvalidValue) -> ExactDecimal {
        var text: [UInt8] = []
        JSONText.append(content, to: &text)
        let result: Result<ExactDecimal, InvalidValue> = text.withUnsafeBytes { bytes in
            Result { () throws(InvalidValue) in try read(bytes, grammar: .numericString) }
        }
        return try result.get()
    }
}

extension InvalidValue {
    /// The reason why a value of a kind cannot be used that no meter can use.
    init(unusable kind: JSONKind, in json: UnsafeRawBufferPointer) {
        switch kind {
        case .null: self = .null
        case .boolean: self = .boolean
        case .object: self = .object
        case .array: self = .array
        case .missing: self = Self.isNull(json) ? .noData : .missing
        case .number, .string: self = .notANumber
        }
    }

    /// Whether data is absent, or the literal null.
    private static func isNull(_ json: UnsafeRawBufferPointer) -> Bool {
        var scanner = JSONScanner(json)
        scanner.skipSpace()
        return scanner.byte == 0 || scanner.byte == UInt8(ascii: "n")
    }
}
