extension Int64 {
    /// The greatest multiple of a width that is not greater than this.
    @inline(__always)
    func floored(to width: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: width)
        return (remainder < 0 ? quotient - 1 : quotient) &* width
    }
}
