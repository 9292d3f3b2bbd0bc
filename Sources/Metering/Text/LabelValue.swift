extension [UInt8] {
    /// Appends the value of a label as the Prometheus text format has it between its quotes: a backslash, a quote and a line
    /// feed are escaped, everything else stands as it is, in UTF-8
    /// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
    public mutating func append(labelValue value: String) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""):
                append(UInt8(ascii: "\\"))
                append(byte)
            case UInt8(ascii: "\n"):
                append(UInt8(ascii: "\\"))
                append(UInt8(ascii: "n"))
            default: append(byte)
            }
        }
    }
}
