import Foundation

/// Configurations and events that several tests use.
enum Samples {
    static let configuration = """
        server: { listen: 127.0.0.1:0 }
        log: { format: json }
        storage: { directory: DIRECTORY/store }
        meters:
          - slug: tokens_total
            eventType: prompt
            aggregation: SUM
            valueProperty: $.tokens
            groupBy: { model: $.model }
          - { slug: prompts, eventType: prompt, aggregation: COUNT }
        """

    static let batchType = "application/cloudevents-batch+json"

    static func event(
        id: String,
        tokens: String = "1",
        subject: String = "customer-1",
        time: String = "2025-06-07T12:00:00Z",
        type: String = "prompt",
        model: String = "model-a"
    ) -> String {
        """
        {"specversion":"1.0","id":"\(id)","source":"example/service","type":"\(type)","subject":"\(subject)",\
        "time":"\(time)","data":{"tokens":\(tokens),"model":"\(model)"}}
        """
    }

    static func batch(_ events: [String]) -> Data { Data("[\(events.joined(separator: ","))]".utf8) }
}

extension Daemon {
    /// The only value of a query without windows or groups; nil when there is no row.
    func total(_ meter: String, _ parameters: String = "") async throws -> String? {
        let answer = try await get("/api/v1/meters/\(meter)/query?\(parameters)")
        return answer.text.firstMatch(of: /"value":(-?[0-9.]+)/).map { String($0.1) }
    }
}
