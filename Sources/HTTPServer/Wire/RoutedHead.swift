import HTTPTypes
import NIOCore
import NIOHTTP1

/// The head of a request as the router gets it: in origin form, without the fields that concern the connection only
/// (RFC 9110 section 7.6.1), with the request's id whoever gave it, and with the name of the access token instead of the
/// token: what has been weighed already is not shown around.
enum RoutedHead {
    private static let connectionFields: Set<String> = [
        "connection", "expect", "http2-settings", "keep-alive", "proxy-connection", "te", "transfer-encoding",
        "upgrade",
        "x-request-id", HTTPField.Name.accessTokenField,
    ]

    static func make(_ head: RequestHead, request: String, asker: Asker, need: AccessNeed) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(head.fields.count + 2)
        for field in head.fields {
            let name = head.text(field.name).lowercased()
            guard !connectionFields.contains(name), name != "authorization" || need == .portal else { continue }
            headers.add(name: name, value: head.text(field.value))
        }
        headers.add(name: "x-request-id", value: request)
        if let grant = asker.grant { headers.add(name: HTTPField.Name.accessTokenField, value: grant.token.name) }
        let target = head.text(head.target)
        return HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: head.text(head.method)),
            uri: target.hasPrefix("/") ? target : "/" + target,
            headers: headers
        )
    }
}
