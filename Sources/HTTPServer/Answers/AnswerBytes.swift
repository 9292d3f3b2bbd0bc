import NIOCore

/// Renders an ingest answer as HTTP/1.1 bytes, without a String per header.
enum AnswerBytes {
    static let proceed = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")

    /// `204 No Content`: the events are on disk.
    static func accepted(date: String, request: String, closes: Bool, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("HTTP/1.1 204 No Content\r\nDate: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\nX-Request-Id: ")
        buffer.writeString(request)
        buffer.writeStaticString(closes ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
    }

    /// A problem document.
    static func problem(
        _ problem: Problem,
        date: String,
        request: String,
        closes: Bool,
        into buffer: inout ByteBuffer
    ) {
        let document = problem.document(request: request)
        buffer.writeString("HTTP/1.1 \(problem.status) \(Status.title(problem.status))\r\nDate: \(date)\r\n")
        buffer.writeString("Content-Type: \(Problem.contentType)\r\nContent-Length: \(document.count)\r\n")
        buffer.writeString("X-Request-Id: \(request)\r\n")
        for header in problem.headers { buffer.writeString("\(header.name): \(header.value)\r\n") }
        buffer.writeStaticString(closes ? "Connection: close\r\n\r\n" : "\r\n")
        buffer.writeBytes(document)
    }
}
