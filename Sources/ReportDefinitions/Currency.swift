public import Metering

/// The national currencies of ISO 4217, List One as of its amendment 180 (2026-01-01), and how many digits each has.
///
/// Funds (`CLF`, `USN`), units of account (`XDR`), metals (`XAU`) and codes for tests are left out: FOCUS wants a national
/// currency. `ANG` and `BGN`, which were withdrawn in 2025 and 2026, are there for days before.
public enum Currency {
    /// How many digits after the point its smallest unit has: 2 for `USD`, 0 for `JPY`, 3 for `KWD`.
    ///
    /// - Returns: nil where the code is no national currency of the list.
    public static func minorUnits(of code: String) -> Int? { digits[code] }

    /// All codes, sorted.
    public static let codes: [String] = digits.keys.sorted()

    /// The amount in the currency's smallest units, rounded half to even, as an invoice shows it. This is the only place where
    /// money is rounded: no row of any format is, and sums are rounded after they are added up.
    ///
    /// - Returns: The amount itself where the code is no national currency of the list.
    public static func rounded(_ amount: ExactDecimal, of code: String) -> ExactDecimal {
        digits[code].map { amount.rounded(fractionDigits: $0) } ?? amount
    }

    private static let digits: [String: Int] = {
        var digits: [String: Int] = [:]
        for (count, codes) in [(0, withoutDigits), (2, withTwoDigits), (3, withThreeDigits)] {
            for code in codes.split(whereSeparator: \.isWhitespace) { digits[String(code)] = count }
        }
        return digits
    }()

    private static let withoutDigits = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
    private static let withThreeDigits = "BHD IQD JOD KWD LYD OMR TND"
    private static let withTwoDigits = """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
        CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
        KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
        NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
        TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
        """
}
