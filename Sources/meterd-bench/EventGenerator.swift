/// Makes batches of events of about 240 bytes as an application would post them: 1,000 subjects, 3 days, in random order.
///
/// The same seed makes the same bytes.
struct EventGenerator {
    /// Events whose time lies in these three days, 2025-06-07 to 09, UTC.
    private static let days = ["2025-06-07", "2025-06-08", "2025-06-09"]
    private static let models = ["model-a", "model-b"]
    private static let types = ["input", "output"]

    private var state: UInt64
    private var number = 0

    init(seed: UInt64) { state = seed }

    /// A batch as a JSON array of `count` events.
    mutating func batch(of count: Int) -> EventBody {
        var body = EventBody()
        body.bytes.reserveCapacity(count * 260)
        body.bytes.append(UInt8(ascii: "["))
        for index in 0..<count {
            if index > 0 { body.bytes.append(UInt8(ascii: ",")) }
            appendEvent(to: &body)
        }
        body.bytes.append(UInt8(ascii: "]"))
        return body
    }

    /// A lone event.
    mutating func event() -> GeneratedEvent {
        var event = GeneratedEvent(bytes: [], subject: 0, tokens: 0)
        event.bytes.reserveCapacity(256)
        (event.subject, event.tokens) = appendEvent(to: &event.bytes)
        return event
    }

    private mutating func appendEvent(to body: inout EventBody) {
        body.idOffsets.append(body.bytes.count + #"{"specversion":"1.0","id":""#.utf8.count)
        _ = appendEvent(to: &body.bytes)
    }

    private mutating func appendEvent(to bytes: inout [UInt8]) -> (subject: Int, tokens: Int) {
        let a = next()
        let b = next()
        let subject = Int((b >> 2) % 1000)
        let tokens = Int((a >> 8) % 10_000)
        number += 1
        bytes.append(contentsOf: #"{"specversion":"1.0","id":""#.utf8)
        appendHex(a, digits: 16, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendHex(UInt64(number), digits: 12, to: &bytes)
        bytes.append(contentsOf: #"","source":"example/service-"#.utf8)
        bytes.append(UInt8(ascii: "a") + UInt8(b & 3))
        bytes.append(contentsOf: #"","type":"prompt","subject":"customer-"#.utf8)
        appendDecimal(subject, digits: 3, to: &bytes)
        bytes.append(contentsOf: #"","time":""#.utf8)
        bytes.append(contentsOf: Self.days[Int((b >> 16) % 3)].utf8)
        bytes.append(UInt8(ascii: "T"))
        appendDecimal(Int((b >> 20) % 24), digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDecimal(Int((b >> 28) % 60), digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDecimal(Int((b >> 36) % 60), digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        appendDecimal(Int((a >> 20) % 1_000_000), digits: 6, to: &bytes)
        bytes.append(contentsOf: #"Z","data":{"tokens":""#.utf8)
        appendDecimal(tokens, digits: 4, to: &bytes)
        bytes.append(contentsOf: #"","model":""#.utf8)
        bytes.append(contentsOf: Self.models[Int((b >> 44) & 1)].utf8)
        bytes.append(contentsOf: #"","type":""#.utf8)
        bytes.append(contentsOf: Self.types[Int((b >> 45) & 1)].utf8)
        bytes.append(contentsOf: #""}}"#.utf8)
        return (subject, tokens)
    }

    private func appendDecimal(_ value: Int, digits: Int, to bytes: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    private func appendHex(_ value: UInt64, digits: Int, to bytes: inout [UInt8]) {
        for digit in stride(from: digits - 1, through: 0, by: -1) {
            let nibble = UInt8(value >> UInt64(digit * 4) & 15)
            bytes.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") - 10 + nibble)
        }
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A lone event, and what is in it.
struct GeneratedEvent {
    /// Its JSON text.
    var bytes: [UInt8]
    /// The number in its subject, below 1,000.
    var subject: Int
    /// What there is to count.
    var tokens: Int

    /// As the subject is written.
    static func subject(_ number: Int) -> String {
        "customer-" + String(repeating: "0", count: 3 - String(number).count) + String(number)
    }
}

/// A request's body, and where the ids in it are.
struct EventBody {
    var bytes: [UInt8] = []
    var idOffsets: [Int] = []

    /// Gives every event another id: the first eight hexadecimal digits become those of `round`.
    mutating func renew(round: UInt32) {
        let digits = (0..<8).map { place -> UInt8 in
            let nibble = UInt8(round >> UInt32(28 - place * 4) & 15)
            return nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") - 10 + nibble
        }
        bytes.withUnsafeMutableBufferPointer { bytes in
            for offset in idOffsets {
                for place in 0..<8 { bytes[offset + place] = digits[place] }
            }
        }
    }
}
