import NIOCore

/// Renders an ingest answer as HTTP/1.1 bytes, without a String per header.
enum AnswerBytes {
    static let proceed = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")

    /// `204 No Content`: the events are on disk. `lines` are further header lines.
    static func accepted(
        date: String,
        request: String,
        lines: ByteBuffer?,
        closes: Bool,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeStaticString("HTTP/1.1 204 No Content\r\nDate: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\nX-Request-Id: ")
        buffer.writeString(request)
        buffer.writeStaticString("\r\n")
        if let lines { buffer.writeImmutableBuffer(lines) }
        buffer.writeStaticString(closes ? "Connection: close\r\n\r\n" : "\r\n")
    }

    /// A problem document, and the head of its answer.
    static func problem(
        _ problem: Problem,
        date: String,
        request: String,
        lines: ByteBuffer?,
        closes: Bool
    ) -> (head: ByteBuffer, document: [UInt8]) {
        let document = problem.document(request: request)
        var buffer = ByteBuffer()
        buffer.writeString("HTTP/1.1 \(problem.status) \(Status.title(problem.status))\r\nDate: \(date)\r\n")
        buffer.writeString("Content-Type: \(Problem.contentType)\r\nContent-Length: \(document.count)\r\n")
        buffer.writeString("X-Request-Id: \(request)\r\n")
        for header in problem.headers { buffer.writeString("\(header.name): \(header.value)\r\n") }
        if let lines { buffer.writeImmutableBuffer(lines) }
        buffer.writeStaticString(closes ? "Connection: close\r\n\r\n" : "\r\n")
        return (buffer, document)
    }
}
