import Hummingbird
import NIOCore

extension APIRequest {
    /// The object in the body; throws 400, 413 or 415.
    func object() async throws -> JSONMembers {
        guard let members = try await objectIfAny() else {
            throw Problem(status: 400, detail: "the body is empty; it should be a JSON object")
        }
        return members
    }

    /// The object in the body, nil for an empty one; throws 400, 413 or 415.
    func objectIfAny() async throws -> JSONMembers? {
        let body = try await request.body.collect(upTo: bodyLimit)
        guard body.readableBytes > 0 else { return nil }
        // A page of any other site can make a browser send all types but this one without being asked first, and must not
        // change meters of a server that wants no token.
        guard Self.isJSON(request.headers[.contentType]) else {
            throw Problem(
                status: 415,
                detail: "the body is taken as application/json only",
                headers: [("Accept", "application/json")]
            )
        }
        return try Self.object(body)
    }

    /// The object that a body is; throws 400.
    static func object(_ body: ByteBuffer) throws(Problem) -> JSONMembers {
        let place = "the body"
        return try JSONMembers(try JSONParser.value(Array(body.readableBytesView), of: place), place)
    }

    /// `application/json`, with parameters or without.
    static func isJSON(_ contentType: String?) -> Bool {
        guard let type = contentType?.split(separator: ";", omittingEmptySubsequences: false).first else {
            return false
        }
        return type.lowercased().split(whereSeparator: { $0 == " " || $0 == "\t" }) == ["application/json"]
    }
}
