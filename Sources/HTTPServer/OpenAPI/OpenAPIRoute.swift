import Hummingbird
import NIOCore

/// `GET /api/v1/openapi.json`: what the server answers, for those who generate clients and tests.
struct OpenAPIRoute: Sendable {
    private static let open = ByteBuffer(bytes: OpenAPIDocument(withTokens: false).json)
    private static let withTokens = ByteBuffer(bytes: OpenAPIDocument(withTokens: true).json)

    /// The document of a server that has tokens now, or has none.
    func show(hasTokens: Bool) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: hasTokens ? Self.withTokens : Self.open)
        )
    }
}
