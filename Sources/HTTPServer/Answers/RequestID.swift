/// The id of a request: the client's own, or one made here. It is in the answer, the problem document and the log.
enum RequestID: Hashable {
    case given(String)
    /// The number of the request among those of its event loop.
    case made(UInt64)

    /// The longest id taken from a client, in characters.
    static let longest = 128

    /// Whether a client's id can stand in a header, a URN and a log line as it is.
    static func isSane(_ id: some Collection<UInt8>) -> Bool {
        !id.isEmpty && id.count <= longest && id.allSatisfy(isPlain)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte.isDigit || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }
}

/// Makes ids that no other process and no other event loop makes: 64 random bits, then a count.
struct RequestIDSource {
    private let prefix: String
    private var count: UInt64 = 0

    /// Makes a source; `random` decides its ids.
    init(random: UInt64) {
        let digits = String(random, radix: 16)
        prefix = String(repeating: "0", count: 16 - digits.count) + digits + "-"
    }

    mutating func next() -> RequestID {
        count &+= 1
        return .made(count)
    }

    func text(_ id: RequestID) -> String {
        switch id {
        case .given(let text): text
        case .made(let number): prefix + String(number, radix: 16)
        }
    }
}
