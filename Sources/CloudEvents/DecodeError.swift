/// What is wrong with one event of a refused body.
public struct EventProblem: Sendable, Hashable {
    /// The event's place in the batch, from 0; a lone event is 0.
    public var index: Int
    /// The attribute or member at fault; nil when it is the event as a whole.
    public var attribute: String?
    /// What is wrong and what is allowed.
    public var reason: String

    /// A problem of the event at `index`.
    public init(index: Int, attribute: String?, reason: String) {
        self.index = index
        self.attribute = attribute
        self.reason = reason
    }
}

extension EventProblem: CustomStringConvertible {
    /// `event 3, subject: is required`.
    public var description: String {
        "event \(index)" + (attribute.map { ", \($0)" } ?? "") + ": " + reason
    }
}

/// Why a body was refused. Nothing of a refused body is taken.
public enum DecodeError: Error, Sendable, Hashable {
    /// The body is no JSON text, or not one of the shape its content type promises; `offset` is the byte where that
    /// shows.
    case malformed(reason: String, offset: Int?)
    /// Well-formed, but `events` of its events break a rule of CloudEvents or of the profile. `problems` names what is
    /// wrong with each, in order, and stops at 10,000 problems; `events` counts all the bad ones.
    case invalid(problems: [EventProblem], events: Int)
    /// The batch has more events than allowed.
    case tooManyEvents(limit: Int)
    /// One event's JSON text is longer than `limit` bytes.
    case eventTooLarge(index: Int, limit: Int)
    /// The `ce-` headers of a binary event are longer than `limit` bytes together.
    case headersTooLarge(limit: Int)
    /// The content type is none that can be decoded.
    case unsupportedMediaType(String)

    /// The HTTP status that answers it (RFC 9110 section 15.5, RFC 6585 section 5).
    public var status: Int {
        switch self {
        case .malformed, .invalid: 400
        case .tooManyEvents, .eventTooLarge: 413
        case .headersTooLarge: 431
        case .unsupportedMediaType: 415
        }
    }
}

extension DecodeError: CustomStringConvertible {
    /// One sentence: what is wrong, where, and what is allowed.
    public var description: String {
        switch self {
        case .malformed(let reason, let offset):
            return reason + (offset.map { " at byte \($0)" } ?? "")
        case .invalid(let problems, let events):
            let first = problems.first.map { "; \($0)" } ?? ""
            return events == 1 ? "1 event is invalid\(first)" : "\(events) events are invalid\(first)"
        case .tooManyEvents(let limit):
            return "the batch has more than \(limit) events; send fewer at a time"
        case .eventTooLarge(let index, let limit):
            return "event \(index) is longer than \(limit) bytes"
        case .headersTooLarge(let limit):
            return "the ce- headers are longer than \(limit) bytes together"
        case .unsupportedMediaType(let reason):
            return reason
        }
    }
}
