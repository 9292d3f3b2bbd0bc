import Metering
import Testing

@Suite("Measured values and dimensions")
struct MeasuredValueTests {
    /// Looks `$.v` up and hands out the slice.
    static func withSlice<R>(_ json: String, _ body: (JSONSlice, UnsafeRawBufferPointer) throws -> R) throws -> R {
        let set = PathSet([try ValuePath("$.v")])
        return try Array(json.utf8).withUnsafeBytes { json in
            try withUnsafeTemporaryAllocation(of: JSONSlice.self, capacity: 1) { results in
                set.evaluate(json, into: results)
                return try body(results[0], json)
            }
        }
    }

    static func measure(_ literal: String) throws -> ExactDecimal {
        try withSlice("{\"v\":\(literal)}") { try ExactDecimal(measured: $0, in: $1) }
    }

    static func dimension(_ literal: String) throws -> String {
        try withSlice("{\"v\":\(literal)}") { $0.text(in: $1) }
    }

    @Test(
        "numbers and numeric strings are measured exactly",
        arguments: [
            ("12", "12"), ("\"12\"", "12"), ("\"1.5e3\"", "1500"), ("-0.5", "-0.5"), ("\"+1\"", "1"), ("1.50", "1.5"),
            ("\"\\u0031\\u0032\"", "12"), ("0", "0"), ("1e35", "100000000000000000000000000000000000"),
            ("999999999999999999.999999999999999999", "999999999999999999.999999999999999999"),
            ("1.00000000000000000000000000000", "1"),
        ]
    )
    func measures(literal: String, expected: String) throws {
        #expect(try Self.measure(literal).description == expected)
    }

    @Test(
        "what cannot be measured is refused with its reason",
        arguments: [
            ("null", .null), ("true", .boolean), ("false", .boolean), ("{}", .object), ("[1]", .array),
            ("\"\"", .emptyString),
            ("\"abc\"", .notANumber), ("\" 1\"", .notANumber), ("\"NaN\"", .nan), ("\"Inf\"", .infinity),
            ("\"-Infinity\"", .infinity), ("\"0x10\"", .hexadecimal), ("1e36", .outOfRange), ("1e-19", .outOfRange),
            ("1e999999", .outOfRange), ("\"1e400\"", .outOfRange),
            ("1234567890123456789.123456789012345678", .outOfRange),
            ("0.1234567890123456789", .outOfRange), ("\"\\u004eaN\"", .nan),
        ] as [(String, InvalidValue)]
    )
    func refuses(literal: String, reason: InvalidValue) {
        #expect(throws: reason) { try Self.measure(literal) }
    }

    @Test("a missing value is told from missing data")
    func missing() throws {
        #expect(throws: InvalidValue.missing) {
            try Self.withSlice("{\"w\":1}") { try ExactDecimal(measured: $0, in: $1) }
        }
        for json in ["null", " null ", ""] {
            #expect(throws: InvalidValue.noData) { try Self.withSlice(json) { try ExactDecimal(measured: $0, in: $1) } }
        }
    }

    @Test(
        "reasons are OpenMeter's words where it has some",
        arguments: [
            (.noData, "invalid event: null and missing value property"),
            (.missing, "invalid event: missing value property: \"$.duration_ms\""),
            (.nan, "invalid event: value cannot be NaN"), (.infinity, "invalid event: value cannot be infinity"),
            (.null, "invalid event: value cannot be null"),
            (.outOfRange, "invalid event: value out of range: at most 36 digits, 18 of them after the point"),
        ] as [(InvalidValue, String)]
    )
    func reasons(value: InvalidValue, text: String) throws {
        #expect(value.reason(path: try ValuePath("$.duration_ms")) == text)
    }

    @Test("no two reasons are the same text")
    func reasonsDiffer() {
        #expect(Set(InvalidValue.allCases.map { $0.reason(path: nil) }).count == InvalidValue.allCases.count)
    }

    @Test(
        "a dimension shows a value's text",
        arguments: [
            ("\"x\"", "x"), ("\"\"", ""), ("\"a\\n\\\"\\u00e9\\ud83d\\ude00\\/\"", "a\n\"é😀/"), ("12", "12"),
            ("1.50", "1.50"),
            ("1e3", "1e3"), ("true", "true"), ("false", "false"), ("null", ""),
            ("{ \"a\" : [ 1 , \"x y\" ] }", "{\"a\":[1,\"x y\"]}"), ("[ \"\\\" \" ]", "[\"\\\" \"]"), ("[]", "[]"),
        ]
    )
    func dimensions(literal: String, expected: String) throws {
        #expect(try Self.dimension(literal) == expected)
    }

    @Test("a missing dimension is the empty string")
    func missingDimension() throws {
        #expect(try Self.withSlice("{}") { $0.text(in: $1) } == "")
    }

    @Test("a dimension's text is added behind what is there")
    func appends() throws {
        var bytes = Array("a=".utf8)
        try Self.withSlice("{\"v\":\"x\\ty\"}") { $0.appendText(in: $1, to: &bytes) }
        #expect(bytes == Array("a=x\ty".utf8))
    }

    @Test("half a surrogate pair and a wrong escape become the replacement character")
    func brokenEscapes() throws {
        #expect(try Self.dimension("\"\\ud800x\"") == "\u{FFFD}x")
        #expect(try Self.dimension("\"\\ud800\\u0041\"") == "\u{FFFD}A")
        #expect(try Self.dimension("\"\\udc00\"") == "\u{FFFD}")
        #expect(try Self.dimension("\"\\q\\u12\"") == "\u{FFFD}\u{FFFD}12")
    }
}
