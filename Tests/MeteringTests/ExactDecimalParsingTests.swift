import Metering
import Testing

@Suite("ExactDecimal: texts")
struct ExactDecimalParsingTests {
    static func bytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        Array(text.utf8).withUnsafeBytes(body)
    }

    static func numeric(_ text: String) -> Result<ExactDecimal, ExactDecimalError> {
        bytes(text) { bytes in
            Result { () throws(ExactDecimalError) in try ExactDecimal(numericText: bytes) }
        }
    }

    @Test(
        "a JSON number is read exactly and written without an exponent",
        arguments: [
            ("0", "0"), ("-0", "0"), ("-0.0", "0"), ("0e99999999999999999999", "0"), ("12", "12"), ("1.0", "1"),
            ("1.50", "1.5"), ("-0.5", "-0.5"), ("1e3", "1000"), ("1.5E+3", "1500"), ("15e-1", "1.5"),
            ("1200e-2", "12"), ("0.1", "0.1"), ("100", "100"), ("18446744073709551616", "18446744073709551616"),
            ("9999999999999999999", "9999999999999999999"), ("1.000000000000000000000000000000000000000000000000", "1"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
            ("0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001"),
            ("1e37", "10000000000000000000000000000000000000"), ("0.1e1", "1"),
            ("1000000000000000000000000000000000000000000e-42", "1"),
        ]
    )
    func readsNumbers(text: String, expected: String) throws {
        #expect(try ExactDecimal(text).description == expected)
    }

    @Test(
        "what is not a JSON number is refused with the column where it leaves the grammar",
        arguments: [
            ("+1", 1), ("01", 2), ("-01", 3), (".5", 1), ("5.", 3), ("1e", 3), ("1e+", 4), ("-", 2), ("1 ", 2),
            (" 1", 1), ("1,5", 2), ("1_000", 2), ("1.2.3", 4), ("abc", 1), ("1e5.5", 4), ("--1", 2), ("１", 1),
            ("1\0", 2),
        ]
    )
    func refusesOthers(text: String, column: Int) {
        #expect(throws: ExactDecimalError.malformed(column: column)) { try ExactDecimal(text) }
    }

    @Test("an empty text has its own reason")
    func refusesEmpty() {
        #expect(throws: ExactDecimalError.empty) { try ExactDecimal("") }
    }

    @Test("NaN is refused by name in every spelling", arguments: ["NaN", "nan", "NAN", "-NaN", "+nan"])
    func refusesNaN(text: String) {
        #expect(Self.numeric(text) == .failure(.nan))
        #expect(ExactDecimalError.nan.description == "value cannot be NaN")
    }

    @Test(
        "infinity is refused by name in every spelling",
        arguments: ["Infinity", "-Infinity", "inf", "+Inf", "-Inf", "INFINITY"]
    )
    func refusesInfinity(text: String) {
        #expect(Self.numeric(text) == .failure(.infinity))
        #expect(ExactDecimalError.infinity.description == "value cannot be infinity")
    }

    @Test("hexadecimal is refused by name", arguments: ["0x1F", "-0X1p-2", "0x"])
    func refusesHexadecimal(text: String) {
        #expect(Self.numeric(text) == .failure(.hexadecimal))
    }

    @Test("longer words that begin like NaN or infinity are just no numbers", arguments: ["nano", "info", "infinityx"])
    func refusesWords(text: String) {
        #expect(Self.numeric(text) == .failure(.malformed(column: 1)))
    }

    @Test(
        "a numeric string may have a plus, leading zeros, and nothing on one side of the point",
        arguments: [
            ("+12", "12"), ("007", "7"), (".5", "0.5"), ("5.", "5"), ("-.25", "-0.25"), ("+1.5e3", "1500"), ("00", "0"),
        ]
    )
    func readsNumericStrings(text: String, expected: String) throws {
        #expect(try Self.numeric(text).get().description == expected)
    }

    @Test(
        "a numeric string with spaces, separators or no digits is refused",
        arguments: [" 1", "1 ", "\t1", "1\n", ".", "+", "-", "e5", ".e5", "1_000", "1,000", "+-1", "12 ", "$12", "12%"]
    )
    func refusesLooseStrings(text: String) {
        guard case .failure(.malformed) = Self.numeric(text) else {
            Issue.record("\(text) was taken or refused for another reason: \(Self.numeric(text))")
            return
        }
    }

    @Test(
        "a value that 38 digits do not hold is out of range, never rounded",
        arguments: [
            "100000000000000000000000000000000000000", "1e38", "-1e38", "1e-39", "1e999999999999999999999",
            "1e-99999999999",
            "1.23456789012345678901234567890123456789", "0.000000000000000000000000000000000000001",
            "999999999999999999999999999999999999999999999",
        ]
    )
    func refusesOutOfRange(text: String) {
        #expect(throws: ExactDecimalError.outOfRange) { try ExactDecimal(text) }
    }

    @Test("a malformed end is found behind more digits than fit")
    func readsToTheEnd() {
        let digits = String(repeating: "9", count: 60)
        #expect(throws: ExactDecimalError.malformed(column: 61)) { try ExactDecimal(digits + "x") }
    }

    @Test("the same value is equal and hashes equally however it is written")
    func equalValues() throws {
        let values = try ["1", "1.0", "10e-1", "0.1e1", "1.00000000000000000000000000"].map { try ExactDecimal($0) }
        #expect(Set(values).count == 1)
        #expect(try ExactDecimal("-0.0") == .zero)
    }

    @Test("zeros are added up to the fraction digits asked for, and none are taken away")
    func minimumFractionDigits() throws {
        #expect(ExactDecimal(12).description(minimumFractionDigits: 2) == "12.00")
        #expect(try ExactDecimal("-0.5").description(minimumFractionDigits: 2) == "-0.50")
        #expect(try ExactDecimal("0.125").description(minimumFractionDigits: 2) == "0.125")
        #expect(ExactDecimal.zero.description(minimumFractionDigits: 45).count == 47)
        #expect(ExactDecimal(7).description(minimumFractionDigits: -1) == "7")
    }

    @Test("stored parts come back normalised, and parts out of range are refused")
    func storedParts() throws {
        #expect(try ExactDecimal(mantissa: 1500, scale: 3) == ExactDecimal("1.5"))
        #expect(try ExactDecimal(mantissa: 0, scale: 9) == .zero)
        #expect(throws: ExactDecimalError.overflow) { try ExactDecimal(mantissa: .max, scale: 0) }
        #expect(throws: ExactDecimalError.overflow) { try ExactDecimal(mantissa: .min, scale: 0) }
        #expect(throws: ExactDecimalError.overflow) { try ExactDecimal(mantissa: 1, scale: 39) }
        #expect(try ExactDecimal(mantissa: 10, scale: 39) == ExactDecimal("1e-38"))
    }
}
