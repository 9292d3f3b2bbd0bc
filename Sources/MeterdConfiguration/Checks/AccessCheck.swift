import Foundation

/// Checks what the keys about access have to agree on, with where the server listens too.
struct AccessCheck {
    let listen: Placed<ListenAddress>?
    /// As the file has them, wrong ones left out; nil where `tokens` is no list.
    let tokens: Placed<[Placed<TokenDraft>]>?
    /// nil where it is wrong.
    let isInsecure: Placed<Bool>?
    let cors: Placed<ServerSettings.CORS>?
    let diagnostics: Diagnostics

    func check() {
        if let tokens { checkTokens(tokens) }
        // What is wrong is told already; whether it would have kept others out is not known.
        guard let tokens, let isInsecure else { return }
        let hasTokens = !tokens.node.isEmptyList
        if hasTokens, isInsecure.value {
            diagnostics.report(
                isInsecure.position,
                "insecure stands beside tokens",
                allowed: "tokens are asked for in any case; insecure is for a server without them, take one of them out"
            )
        }
        if hasTokens || isInsecure.value { return }
        if let listen, !listen.value.isLoopback {
            diagnostics.report(
                listen.position,
                "server.listen: \(listen.shown) is not a loopback address, and there are no tokens: whoever reaches it could "
                    + "post events, read all usage and change meters",
                allowed:
                    "write server.tokens (meterd token makes one), or insecure: true where something else keeps others out"
            )
        }
        if let cors, cors.value.origins == .any {
            diagnostics.report(
                cors.position,
                "server.cors lets every page ask, and there are no tokens: any page that a browser on this machine opens "
                    + "could read all usage and change meters",
                allowed: "name the origins, write server.tokens, or insecure: true"
            )
        }
    }

    private func checkTokens(_ tokens: Placed<[Placed<TokenDraft>]>) {
        if tokens.value.count > TokenSection.limit {
            diagnostics.report(
                tokens.position,
                "server.tokens has \(tokens.value.count) entries",
                allowed: "at most \(TokenSection.limit)"
            )
        }
        checkUnique(tokens.value.compactMap(\.value.name)) { name, line in
            ("a second token has the name \(name.shown)", "names differ, the first one is on line \(line)")
        }
        checkUnique(tokens.value.compactMap(\.value.digest)) { _, line in
            (
                "the token is the same as the one on line \(line)",
                "each has a secret of its own; one token may have several scopes"
            )
        }
    }

    private func checkUnique<Value: Hashable>(
        _ values: [Placed<Value>],
        words: (Placed<Value>, _ firstLine: Int) -> (wrong: String, allowed: String)
    ) {
        var lines: [Value: Int] = [:]
        for value in values {
            if let line = lines[value.value] {
                let words = words(value, line)
                diagnostics.report(value.position, words.wrong, allowed: words.allowed)
            } else {
                lines[value.value] = value.position.line
            }
        }
    }
}

extension ListenAddress {
    /// Whether only this machine reaches it: `localhost`, 127.0.0.0/8 (RFC 1122, section 3.2.1.3), ::1 (RFC 4291,
    /// section 2.5.3) and the first written as IPv6. Other names are not looked up and count as addresses that others reach.
    public var isLoopback: Bool {
        if host.lowercased() == "localhost" { return true }
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            return withUnsafeBytes(of: &four) { $0[0] == 127 }
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
        return withUnsafeBytes(of: &six) { bytes in
            let zeros = bytes.prefix { $0 == 0 }.count
            return (zeros == 15 && bytes[15] == 1)
                || (zeros == 10 && bytes[10] == 0xFF && bytes[11] == 0xFF && bytes[12] == 127)
        }
    }
}
