import Glibc

/// A connection that sends exactly the bytes it is told to and reads answers one by one.
final class RawClient {
    /// One answer.
    struct Answer: Sendable {
        var status: Int
        /// Names in lower case.
        var headers: [String: String]
        var body: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32
    private var received: [UInt8] = []
    /// Seconds after which a read that gets nothing fails, so that no test hangs.
    private static let patience = 120

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard connected == 0 else { throw Failure(description: "connect failed: \(errno)") }
        setPatience()
    }

    private func setPatience() {
        var time = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Takes over one end of a connected pair of sockets.
    init(connected: Int32) {
        descriptor = connected
        setPatience()
    }

    deinit { close(descriptor) }

    /// Sends text as Latin-1. A peer that has closed ends the sending without an error; the answer tells why.
    func send(_ text: String) {
        send(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Tells the peer that nothing more is sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Makes the connection end with a reset when the client goes, as one that is killed may.
    func resetAtEnd() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Whether the peer has closed; waits for that, or for bytes.
    func isClosed() throws -> Bool {
        if !received.isEmpty { return false }
        return try !receive()
    }

    /// Forgets what has been received.
    func discard() { received = [] }

    /// The next answer; nil when the connection ends before one begins.
    func answer(toHead: Bool = false) throws -> Answer? {
        while true {
            if let answer = try parse(toHead: toHead) { return answer }
            guard try receive() else {
                guard received.isEmpty else { throw Failure(description: "the connection ended within an answer") }
                return nil
            }
        }
    }

    /// Sends a request and reads its answer.
    func exchange(_ text: String, toHead: Bool = false) throws -> Answer {
        send(text)
        guard let answer = try answer(toHead: toHead) else { throw Failure(description: "closed without an answer") }
        return answer
    }

    /// False at the end of the connection, however it came.
    private func receive() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == EAGAIN { throw Failure(description: "nothing came for \(Self.patience) seconds") }
        guard count > 0 else { return false }
        received += buffer[..<count]
        return true
    }

    private func parse(toHead: Bool) throws -> Answer? {
        guard let headEnd = Self.find("\r\n\r\n", in: received) else { return nil }
        let lines = String(decoding: received[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Failure(description: "a bad header: \(line)") }
            let value = line[colon...].dropFirst().drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure(description: "no status line: \(lines)")
        }
        let length = toHead ? 0 : Int(headers["content-length"] ?? "0") ?? 0
        guard received.count >= headEnd + 4 + length else { return nil }
        let body = received[(headEnd + 4)..<(headEnd + 4 + length)]
        let answer = Answer(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
        received.removeFirst(headEnd + 4 + length)
        return answer
    }

    private static func find(_ text: String, in bytes: [UInt8]) -> Int? {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        return (0...(bytes.count - wanted.count)).first { bytes[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }
}
