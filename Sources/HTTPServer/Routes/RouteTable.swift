import HTTPTypes
import Hummingbird

/// The paths there are and the methods they take, so that a wrong method is told from a wrong path.
struct RouteTable: Sendable {
    /// A path and what may be done there.
    struct Entry: Sendable {
        /// As the router knows it, such as `/api/v1/meters/:meter`.
        var pattern: String
        var methods: [HTTPRequest.Method]
        fileprivate var segments: [Substring]
    }

    private(set) var entries: [Entry] = []

    /// Adds a method of a path; HEAD is possible wherever GET is.
    mutating func add(_ method: HTTPRequest.Method, _ pattern: String) {
        let methods = method == .get ? [.get, .head] : [method]
        if let place = entries.firstIndex(where: { $0.pattern == pattern }) {
            entries[place].methods += methods
        } else {
            entries.append(Entry(pattern: pattern, methods: methods, segments: pattern.split(separator: "/")))
        }
    }

    /// The pattern a path belongs to.
    func pattern(of path: String) -> String? { entry(of: path)?.pattern }

    /// Why the router found nothing: 405 where the path is known, otherwise 404.
    func problem(for request: Request) -> Problem {
        guard let entry = entry(of: request.uri.path) else {
            return Problem(status: 404, detail: "there is nothing at \(request.uri.path)")
        }
        let allowed = entry.methods.map(\.rawValue).joined(separator: ", ")
        return Problem(
            status: 405,
            detail: "\(request.method.rawValue) is not possible here; possible: \(allowed)",
            headers: [("Allow", allowed)]
        )
    }

    private func entry(of path: String) -> Entry? {
        let segments = path.split(separator: "/")
        return entries.first { entry in
            entry.segments.count == segments.count
                && zip(entry.segments, segments).allSatisfy { $0.first == ":" || $0 == $1 }
        }
    }
}
