/// What a log frame holds; the log itself does not know.
enum FrameKind: UInt8 {
    /// Accepted events, each a length and its JSON.
    case events = 1
    /// A count of refused events since the frame before: eight bytes, little-endian.
    case rejections = 2
    /// Rejected messages of a stream, then accepted events (`TakePayload.swift`).
    case take = 3
    /// Positions that moved without messages: the reason as UTF-8, empty when there was nothing to keep. Takes one
    /// sequence number and counts nothing.
    case jump = 4
    /// One correction of one event (`CorrectionPayload.swift`). Takes one sequence number and counts nothing.
    case correction = 5
}
