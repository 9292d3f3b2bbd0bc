/// The value of a Host header: `uri-host [ ":" port ]` (RFC 9110 section 7.2), or empty.
enum HostField {
    static func isValid(_ value: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let first = value.first else { return true }
        let host: Slice<UnsafeRawBufferPointer>
        if first == UInt8(ascii: "[") {
            guard let close = value.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let inside = value[(value.startIndex + 1)..<close]
            guard !inside.isEmpty,
                inside.allSatisfy({ $0 == UInt8(ascii: ":") || ASCIISet.registeredName.contains($0) })
            else { return false }
            host = value[...close]
        } else {
            host = value.prefix { $0 != UInt8(ascii: ":") }
            guard host.allSatisfy(ASCIISet.registeredName.contains) else { return false }
        }
        let port = value[host.endIndex...]
        return port.isEmpty || port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy(\.isDigit)
    }
}
