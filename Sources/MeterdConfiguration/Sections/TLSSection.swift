/// The `server.tls` section.
enum TLSSection {
    private enum ClientCertificate: String, CaseIterable { case required, optional }

    private static let certificate = Key<String>(
        "certificate",
        .file,
        .required,
        "a PEM file: the server's certificate, then those between it and its root"
    )
    private static let key = Key<String>(
        "key",
        .file,
        .required,
        "a PEM file: the certificate's private key, without a password"
    )
    private static let clientCA = Key<String>(
        "clientCA",
        .file,
        .optional,
        "a PEM file: who signs the certificates that clients show"
    )
    private static let clientCertificate = Key<ClientCertificate>(
        "clientCertificate",
        .choice("a word for client certificates"),
        .optional,
        "whether a client has to show a certificate that clientCA signed, or may; without it, it has to"
    )

    static let rule = Rule<ServerSettings.TLS>.object(
        "how connections are encrypted",
        keys: [certificate, key, clientCA, clientCertificate]
    ) { fields in
        let certificate = fields(certificate)
        let key = fields(key)
        let authority = fields(clientCA)
        let word = fields(clientCertificate)
        if fields.has(clientCertificate), !fields.has(clientCA) {
            fields.spot.diagnostics.report(
                fields.position(of: clientCertificate),
                "clientCertificate has no clientCA beside it",
                allowed: "clientCA is the PEM file of whoever signs clients' certificates"
            )
        }
        guard let certificate, let key, fields.has(clientCA) == (authority != nil),
            fields.has(clientCertificate) == (word != nil)
        else { return nil }
        return ServerSettings.TLS(
            certificate: certificate,
            key: key,
            client: authority.map { .init(authority: $0, isRequired: word != .optional) }
        )
    }
}

extension Rule where Value == String {
    /// A file of this machine.
    fileprivate static let file = scalar(
        "a file",
        allowed: "a file is a path of at most 1024 bytes, relative ones from where meterd is started",
        schema: .members(["type": .text("string"), "minLength": .number(1), "maxLength": .number(1024)])
    ) { text throws(ScalarFault) in
        if text.hasPrefix("-----BEGIN") { throw ScalarFault(reason: "is the content of a file") }
        let isClean = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard isClean, text.utf8.count <= 1024 else { throw ScalarFault() }
        return text
    }
}
