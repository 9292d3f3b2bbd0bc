/// Why a walk over a body stopped. Trivial, so that throwing it costs nothing; words come later, in `DecodeError`.
enum DecodeFault: Error {
    /// No JSON text, or none of the promised shape; `at` is a byte offset in the text walked over.
    case malformed(Reason, at: Int)
    case tooManyEvents
    case eventTooLarge(index: Int)

    enum Reason: UInt8 {
        case notAnObject, notAnArray, notAnEvent, noEvent
        case notAValue, notAName, noColon, noCommaInObject, noCommaInArray
        case notClosed, trailingText, tooDeep
        case badNumber, badLiteral, badString
        case badEscape, loneSurrogate
        case lostEvent

        var text: String {
            switch self {
            case .notAnObject: "the text must be one JSON object, the event"
            case .notAnArray: "the body must be a JSON array of events"
            case .notAnEvent: "the body must be a JSON object, the event, or an array of events"
            case .noEvent: "the array holds no event"
            case .notAValue: "there is no JSON value"
            case .notAName: "a member's name in double quotes is missing"
            case .noColon: "the colon after a member's name is missing"
            case .noCommaInObject: "a comma or a closing brace is missing"
            case .noCommaInArray: "a comma or a closing bracket is missing"
            case .notClosed: "the JSON text ends before it is complete"
            case .trailingText: "there is text after the JSON value"
            case .tooDeep: "objects and arrays are nested too deep"
            case .badNumber: "this is not a JSON number"
            case .badLiteral: "this is none of true, false and null"
            case .badString: "a string does not end"
            case .badEscape: "a string holds an escape that JSON does not have"
            case .loneSurrogate: "a string holds half of a surrogate pair"
            case .lostEvent: "an event of the payload is not where its length says"
            }
        }
    }
}
