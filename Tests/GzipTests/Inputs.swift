import Gzip

/// Numbers that are the same in every run (SplitMix64).
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// Bytes that nothing makes shorter.
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Hexadecimal digits: half a byte each when compressed, with hardly any repeats of more than a few.
    mutating func digits(_ count: Int) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return (0..<count).map { _ in digits[Int(next() % 16)] }
    }

    /// Lines of a cost report.
    mutating func report(lines: Int) -> [UInt8] {
        var text = "BilledCost,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ResourceId,SubAccountId,Tags\n"
        for line in 0..<lines {
            let quantity = next() % 5_000_000
            let customer = "customer-\(next() % 500)"
            let model = ["small", "large", "vision"][Int(next() % 3)]
            text +=
                "\(quantity / 1000).\(quantity % 1000)1,2025-06-\(10 + line * 20 / lines)T00:00:00Z,\(quantity).0,Tokens,"
            text += "tokens_total/\(customer)/\(model),\(customer),\"{\"\"model\"\":\"\"\(model)\"\"}\"\n"
        }
        return Array(text.utf8)
    }
}

/// The member of an input that is given in parts of `cut` bytes.
func compressed(_ bytes: [UInt8], cut: Int = 1 << 20) -> [UInt8] {
    var encoder = GzipEncoder()
    var member: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: cut) {
        member += encoder.append(Array(bytes[start..<min(bytes.count, start + cut)]))
    }
    return member + encoder.finish()
}
