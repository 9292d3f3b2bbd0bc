import CloudEvents
import Foundation

/// Decodes text as one body.
func decode(
    _ body: String,
    _ envelope: Envelope = .single,
    _ profile: Profile = .cloudevents,
    limits: DecodeLimits = DecodeLimits()
) throws(DecodeError) -> EventBatch {
    try decode(Array(body.utf8), envelope, profile, limits: limits)
}

/// Decodes bytes as one body.
func decode(
    _ body: [UInt8],
    _ envelope: Envelope = .single,
    _ profile: Profile = .cloudevents,
    limits: DecodeLimits = DecodeLimits()
) throws(DecodeError) -> EventBatch {
    let decoder = EventDecoder(profile: profile, limits: limits)
    return try body.withUnsafeBytes { bytes in
        Result { () throws(DecodeError) in try decoder.decode(bytes, envelope: envelope) }
    }.get()
}

extension MessageCollector {
    /// Adds a message of headers in arrays.
    func add(
        _ headers: [(name: String, value: [UInt8]?)],
        _ value: UnsafeRawBufferPointer?
    ) throws(DecodeError) {
        // The headers' bytes one behind the other, so that one pointer holds all of them.
        let text = headers.flatMap { Array($0.name.utf8) + ($0.value ?? []) }
        try text.withUnsafeBytes { bytes in
            var at = 0
            func next(_ count: Int) -> UnsafeRawBufferPointer {
                defer { at += count }
                return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
            }
            let borrowed = headers.map { header in
                MessageHeader(name: next(header.name.utf8.count), value: header.value.map { next($0.count) })
            }
            return borrowed.withUnsafeBufferPointer { headers in
                Result { () throws(DecodeError) in try add(headers: headers, value: value) }
            }
        }.get()
    }

    /// Adds a message that was produced, or one like it.
    func add(_ message: EventMessage) throws(DecodeError) {
        let headers = message.headers.map { (name: $0.name, value: Optional($0.value)) }
        guard let value = message.value else { return try add(headers, nil) }
        try value.withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in try add(headers, bytes) }
        }.get()
    }
}

/// The error that decoding throws; nil when it does not.
func refusal(_ body: () throws(DecodeError) -> EventBatch) -> DecodeError? {
    do throws(DecodeError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

/// What is wrong with the events of a body; empty when it is not that which is wrong.
func problems(_ body: () throws(DecodeError) -> EventBatch) -> [EventProblem] {
    if case .invalid(let problems, _)? = refusal(body) { problems } else { [] }
}

/// One event with the required attributes and whatever members follow, each with a comma before it.
func event(_ more: String = "", id: String = "1") -> String {
    #"{"specversion":"1.0","id":"\#(id)","source":"/s","type":"t"\#(more)}"#
}

/// An event as the openmeter profile takes it.
func openMeterEvent(_ more: String = "") -> String {
    event(#","subject":"customer-1""# + more)
}

/// The one event's content hash.
func contentHash(_ body: String, _ profile: Profile = .cloudevents) throws(DecodeError) -> UInt64 {
    try decode(body, .single, profile)[0].contentHash
}

/// A batch's payload.
func bytes(_ batch: EventBatch) -> [UInt8] {
    batch.withPayload { Array($0) }
}

/// An event's text as Foundation reads it.
func members(of batch: EventBatch, _ i: Int = 0) throws -> [String: Any] {
    let raw = batch.withText(.raw, of: i) { Data($0) }
    return try JSONSerialization.jsonObject(with: raw) as? [String: Any] ?? [:]
}

/// Random numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
