import NIOCore
import NIOHTTP1

/// The head of a request as the router gets it: in origin form, without the fields that concern the connection only
/// (RFC 9110 section 7.6.1), and with the request's id whoever gave it.
enum RoutedHead {
    private static let connectionFields: Set<String> = [
        "connection", "expect", "http2-settings", "keep-alive", "proxy-connection", "te", "transfer-encoding",
        "upgrade",
        "x-request-id",
    ]

    static func make(_ head: RequestHead, request: String) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(head.fields.count + 1)
        for field in head.fields {
            let name = head.text(field.name).lowercased()
            guard !connectionFields.contains(name) else { continue }
            headers.add(name: name, value: head.text(field.value))
        }
        headers.add(name: "x-request-id", value: request)
        let target = head.text(head.target)
        return HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: head.text(head.method)),
            uri: target.hasPrefix("/") ? target : "/" + target,
            headers: headers
        )
    }
}
