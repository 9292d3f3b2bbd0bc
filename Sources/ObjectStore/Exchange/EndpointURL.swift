/// The URL of a service: `http` or `https`, a host, perhaps a port and a path.
struct EndpointURL: Sendable, Hashable {
    var isSecure: Bool
    /// A name or an address, that of IPv6 in brackets.
    var host: String
    var port: Int?
    /// Empty, or beginning with `/` and not ending with it.
    var path: String
    /// Empty, or beginning with `?`.
    var query: String

    init(isSecure: Bool, host: String, port: Int? = nil, path: String = "") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
        query = ""
    }

    /// Reads one; nil when it is none. User names, fragments and, but for `allowsQuery`, queries are not wanted.
    init?(_ text: String, allowsQuery: Bool = false) {
        let rest: Substring
        if text.lowercased().hasPrefix("https://") {
            (isSecure, rest) = (true, text.dropFirst(8))
        } else if text.lowercased().hasPrefix("http://") {
            (isSecure, rest) = (false, text.dropFirst(7))
        } else {
            return nil
        }
        guard rest.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), !rest.contains(where: { "#\"<>\\^`{|}".contains($0) })
        else { return nil }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let queryStart = rest.firstIndex(of: "?") ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<end]) else { return nil }
        (self.host, self.port) = (host, port)
        var path = rest[end..<queryStart]
        query = String(rest[queryStart...])
        guard query.isEmpty || allowsQuery else { return nil }
        while !allowsQuery, path.hasSuffix("/") { path.removeLast() }
        self.path = String(path)
    }

    /// `host:port` as the `Host` header has it: without the scheme's own port.
    var authority: String {
        guard let port, port != (isSecure ? 443 : 80) else { return host }
        return "\(host):\(port)"
    }

    /// `https://host:port`.
    var origin: String {
        (isSecure ? "https://" : "http://") + authority
    }

    /// Whether the host is an address and not a name.
    var isAddress: Bool {
        host.hasPrefix("[") || (host.last?.isNumber ?? false)
    }

    private static func authority(_ text: Substring) -> (String, Int?)? {
        let closing = text.lastIndex(of: "]") ?? text.startIndex
        guard let colon = text[closing...].lastIndex(of: ":") else { return name(text).map { ($0, nil) } }
        let digits = text[text.index(after: colon)...]
        guard let host = name(text[..<colon]), let port = Int(digits), 1...65535 ~= port else { return nil }
        return (host, port)
    }

    private static func name(_ text: Substring) -> String? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let inner = isBracketed ? text.dropFirst().dropLast() : text
        let allowed: (Character) -> Bool = { $0.isLetter || $0.isNumber || "._-".contains($0) }
        guard !inner.isEmpty, inner.allSatisfy({ allowed($0) || (isBracketed && $0 == ":") }) else { return nil }
        return text.lowercased()
    }
}
