import Metering
import ReportDefinitions
import Testing

@Suite("currencies")
struct CurrencyTests {
    @Test(
        "have the digits ISO 4217 gives them",
        arguments: [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("XOF", 0), ("KWD", 3), ("TND", 3), ("XCG", 2)]
    )
    func digits(code: String, count: Int) {
        #expect(Currency.minorUnits(of: code) == count)
        #expect(Currency.codes.contains(code))
    }

    @Test(
        "are not funds, metals, units of account, codes long gone or made up",
        arguments: ["CLF", "USN", "XAU", "XDR", "XTS", "XXX", "DEM", "HRK", "ZWL", "XYZ", "usd", "US", ""]
    )
    func unknown(code: String) throws {
        #expect(Currency.minorUnits(of: code) == nil)
        #expect(!Currency.codes.contains(code))
        let amount = try ExactDecimal("1.23456")
        #expect(Currency.rounded(amount, of: code) == amount)
    }

    @Test("are listed in order, each once, three capitals each")
    func list() {
        #expect(Currency.codes == Set(Currency.codes).sorted())
        #expect(Currency.codes.count == 157)
        for code in Currency.codes {
            #expect(
                code.utf8.count == 3 && code.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
            )
        }
    }

    @Test(
        "amounts are rounded half to even at the smallest unit",
        arguments: [
            ("USD", "1.005", "1"), ("USD", "1.015", "1.02"), ("USD", "-1.015", "-1.02"),
            ("USD", "2.0050000001", "2.01"),
            ("JPY", "0.5", "0"), ("JPY", "1.5", "2"), ("KWD", "1.0005", "1"), ("KWD", "1.0015", "1.002"),
            ("EUR", "7", "7"),
        ]
    )
    func rounding(code: String, amount: String, rounded: String) throws {
        #expect(Currency.rounded(try ExactDecimal(amount), of: code).description == rounded)
    }
}
