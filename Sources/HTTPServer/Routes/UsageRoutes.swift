import CloudEvents
import Engine
import HTTPTypes
import Hummingbird
import Metering
import NIOCore

/// `GET /api/v1/meters/{idOrSlug}/query`.
struct UsageRoutes: Sendable {
    let metering: any MeteringService

    func query(_ request: Request, _ context: APIContext) async throws -> Response {
        let record = try metering.meter(try context.parameters.require("meter"))
        let parameters = try QueryParameters(request.uri.query ?? "")
        let query = try Self.usageQuery(parameters, meter: record.meter.slug)
        let asCSV = try Accepted.prefersCSV(request.headers[.accept])
        let result: UsageResult
        do {
            result = try await metering.query(query)
        } catch let error as QueryError {
            throw Problem(error)
        }
        return asCSV ? Self.csv(result, query) : .json { UsageJSON.write(result, query, &$0) }
    }

    /// Reads the parameters; throws 400.
    static func usageQuery(_ parameters: QueryParameters, meter: String) throws(Problem) -> UsageQuery {
        let subjects = parameters.all("subject")
        var groupBy: [String] = []
        for name in parameters.all("groupBy") where !groupBy.contains(name) { groupBy.append(name) }
        // Asking for subjects splits by subject too.
        if !subjects.isEmpty, !groupBy.contains("subject") { groupBy.insert("subject", at: 0) }
        return UsageQuery(
            meter: meter,
            from: try time("from", parameters),
            to: try time("to", parameters),
            windowSize: try windowSize(parameters),
            zone: try zone(parameters),
            subjects: subjects,
            groupBy: groupBy,
            filters: parameters.keyed("filterGroupBy")
        )
    }

    private static func time(_ name: String, _ parameters: QueryParameters) throws(Problem) -> Timestamp? {
        guard let text = try parameters.one(name) else { return nil }
        guard let time = Timestamp(text) else {
            throw Problem(status: 400, detail: "\(name) is not an RFC 3339 time such as 2025-06-07T00:00:00Z")
        }
        return time
    }

    private static func windowSize(_ parameters: QueryParameters) throws(Problem) -> WindowSize? {
        guard let text = try parameters.one("windowSize") else { return nil }
        guard let size = WindowSize(rawValue: text) else {
            throw Problem(status: 400, detail: "windowSize is not one of MINUTE, HOUR, DAY, MONTH")
        }
        return size
    }

    private static func zone(_ parameters: QueryParameters) throws(Problem) -> Zone {
        let name = try parameters.one("windowTimeZone") ?? "UTC"
        guard let zone = Zone(name) else {
            throw Problem(status: 400, detail: "windowTimeZone is not a name of the time zone database: \(name)")
        }
        return zone
    }

    private static func csv(_ result: UsageResult, _ query: UsageQuery) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8",
                .contentDisposition: "attachment; filename=\(query.meter).csv",
            ],
            body: .init(byteBuffer: ByteBuffer(string: UsageCSV.text(result, query)))
        )
    }
}

/// Which of the two formats a client wants (RFC 9110 section 12.5.1).
enum Accepted {
    /// Throws 406 when neither is acceptable.
    static func prefersCSV(_ accept: String?) throws(Problem) -> Bool {
        guard let accept, !accept.isEmpty else { return false }
        let ranges = accept.lowercased().split(separator: ",").map(Self.range)
        let csv = quality(of: "text", "csv", ranges)
        let json = quality(of: "application", "json", ranges)
        guard csv > 0 || json > 0 else {
            throw Problem(status: 406, detail: "this is given as application/json or text/csv")
        }
        return csv > json
    }

    private static func range(_ text: Substring) -> (type: Substring, subtype: Substring, quality: Double) {
        let parts = text.split(separator: ";").map { $0.trimmingPrefix { $0 == " " || $0 == "\t" } }
        let name = (parts.first ?? "").prefix { $0 != " " && $0 != "\t" }
        let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
        let slash = name.firstIndex(of: "/") ?? name.endIndex
        return (name[..<slash], name[slash...].dropFirst(), quality)
    }

    /// The quality of the most specific range that covers the type.
    private static func quality(
        of type: String,
        _ subtype: String,
        _ ranges: [(type: Substring, subtype: Substring, quality: Double)]
    ) -> Double {
        let exact = ranges.first { $0.type == type && $0.subtype == subtype }
        let family = ranges.first { $0.type == type && $0.subtype == "*" }
        let any = ranges.first { $0.type == "*" }
        return (exact ?? family ?? any)?.quality ?? 0
    }
}
