import HTTPTypes
import Hummingbird

/// The paths there are and the methods they take, so that a wrong method is told from a wrong path.
struct RouteTable: Sendable {
    private var routes: [(segments: [Substring], pattern: String, methods: [HTTPRequest.Method])] = []

    /// Adds a path as the router knows it, such as `/api/v1/meters/:meter`.
    mutating func add(_ pattern: String, _ methods: [HTTPRequest.Method]) {
        routes.append((pattern.split(separator: "/"), pattern, methods))
    }

    /// The pattern a path belongs to.
    func pattern(of path: String) -> String? { route(of: path)?.pattern }

    /// Why the router found nothing: 405 where the path is known, otherwise 404.
    func problem(for request: Request) -> Problem {
        guard let route = route(of: request.uri.path) else {
            return Problem(status: 404, detail: "there is nothing at \(request.uri.path)")
        }
        let allowed = route.methods.map(\.rawValue).joined(separator: ", ")
        return Problem(
            status: 405,
            detail: "\(request.method.rawValue) is not possible here; possible: \(allowed)",
            headers: [("Allow", allowed)]
        )
    }

    private func route(of path: String) -> (segments: [Substring], pattern: String, methods: [HTTPRequest.Method])? {
        let segments = path.split(separator: "/")
        return routes.first { route in
            route.segments.count == segments.count
                && zip(route.segments, segments).allSatisfy { $0.first == ":" || $0 == $1 }
        }
    }
}
