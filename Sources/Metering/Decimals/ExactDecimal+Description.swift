extension ExactDecimal {
    /// The value in plain decimal digits, without an exponent: `12`, `-0.5`. It parses back to the same value.
    public var description: String { description(minimumFractionDigits: 0) }

    /// The value in plain decimal digits, with zeros added so that at least so many digits stand after the point: `12.00`.
    public func description(minimumFractionDigits: Int) -> String {
        let fraction = Int(scale)
        let padding = max(0, minimumFractionDigits - fraction)
        return String(unsafeUninitializedCapacity: Self.longestText + 1 + padding) { buffer in
            // The digits come out from the last to the first, so they are written backwards and moved to the front.
            var start = Self.longestText
            let (high, low) = mantissa.magnitude.quotientAndRemainder(dividingBy: powersOfTen[19])
            var rest = UInt64(truncatingIfNeeded: low)
            let higher = UInt64(truncatingIfNeeded: high)
            var written = 0
            while rest != 0 || written <= fraction || (written < 19 && higher != 0) {
                if written == fraction, fraction > 0 { Self.prepend(".", to: buffer, &start) }
                Self.prepend(Unicode.Scalar(UInt8(ascii: "0") + UInt8(rest % 10)), to: buffer, &start)
                rest /= 10
                written += 1
                if written == 19 { rest = higher }
            }
            if mantissa < 0 { Self.prepend("-", to: buffer, &start) }
            var count = Self.longestText - start
            for index in 0..<count { buffer[index] = buffer[start + index] }
            if padding > 0 {
                if fraction == 0 { Self.append(".", to: buffer, &count) }
                for _ in 0..<padding { Self.append("0", to: buffer, &count) }
            }
            return count
        }
    }

    /// A sign, a zero, a point and 38 digits.
    private static var longestText: Int { 41 }

    @inline(__always)
    private static func prepend(
        _ character: Unicode.Scalar,
        to buffer: UnsafeMutableBufferPointer<UInt8>,
        _ start: inout Int
    ) {
        start -= 1
        buffer[start] = UInt8(ascii: character)
    }

    @inline(__always)
    private static func append(
        _ character: Unicode.Scalar,
        to buffer: UnsafeMutableBufferPointer<UInt8>,
        _ count: inout Int
    ) {
        buffer[count] = UInt8(ascii: character)
        count += 1
    }
}
