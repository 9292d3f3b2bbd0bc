/// Requests and events as text.
enum Requests {
    /// An event of the OpenMeter profile.
    static func event(_ id: String = "1") -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/s","type":"t","subject":"customer-1","data":{"tokens":1}}"#
    }

    /// A POST of events.
    static func post(
        _ body: String = event(),
        type: String = "application/cloudevents+json",
        headers: String = ""
    ) -> String {
        "POST /api/v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n"
            + headers + "\r\n" + body
    }

    /// A POST whose body is not text.
    static func post(_ body: [UInt8], type: String = "application/json", headers: String) -> [UInt8] {
        Array(
            "POST /api/v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n\(headers)\r\n"
                .utf8
        ) + body
    }

    static func get(_ target: String, method: String = "GET", headers: String = "") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: a\r\n\(headers)\r\n"
    }
}
