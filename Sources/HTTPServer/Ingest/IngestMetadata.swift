import CloudEvents

/// What the headers of an ingest request say about its body. It does not depend on the HTTP version.
struct IngestMetadata {
    var mode: HTTPContentMode
    var coding: ContentCoding = .identity
    /// Only for binary mode: `ce-…` headers without the prefix, in lower case, as received.
    var attributes: [(name: String, value: String)] = []
    /// Only for binary mode.
    var contentType: String?

    /// Weighs the headers; throws 400, 415 or 431.
    ///
    /// - Parameters:
    ///   - contentTypes: each Content-Type header.
    ///   - contentEncodings: each Content-Encoding header.
    ///   - attributes: `ce-…` headers without the prefix, in lower case.
    init(
        contentTypes: [String],
        contentEncodings: [String],
        attributes: [(name: String, value: String)]
    ) throws(Problem) {
        do throws(DecodeError) {
            mode = try HTTPContentMode.detect(contentType: contentTypes, attributeNames: attributes.map(\.name))
        } catch {
            throw Problem(error)
        }
        if case .binary = mode {
            self.attributes = attributes
            contentType = contentTypes.first
        }
        guard !contentEncodings.isEmpty else { return }
        guard contentEncodings.count == 1, let coding = ContentCoding(contentEncodings[0]) else {
            throw Problem(
                status: 415,
                detail: "the only content codings taken are one of: \(ContentCoding.accepted)",
                headers: [("Accept-Encoding", ContentCoding.accepted)]
            )
        }
        self.coding = coding
    }

    /// An uncompressed structured request.
    init(mode: HTTPContentMode) {
        self.mode = mode
    }
}
