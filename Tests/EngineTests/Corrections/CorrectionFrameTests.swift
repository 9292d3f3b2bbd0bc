import Foundation
import Metering
import Testing

@testable import Engine
@testable import EventLog

@Suite("The frame of a correction")
struct CorrectionFrameTests {
    private static let payload = CorrectionPayload(
        eventSequence: 3,
        basis: 7,
        eventArrival: 1_750_000_000_000_000,
        eventTime: -5,
        eventOrigin: 1,
        content: Array(#"{"id":"1"}"#.utf8),
        reason: "wrong — zu viel",
        by: "finance",
        replacement: Array("{}".utf8)
    )

    private static func frame(_ bytes: [UInt8], sequence: UInt64 = 9, count: UInt32 = 1) -> Frame {
        let payload = PayloadBytes(byteCount: bytes.count) { writer in bytes.withUnsafeBytes { writer.put(bytes: $0) } }
        return Frame(
            firstSequence: sequence,
            kind: FrameKind.correction.rawValue,
            origin: 0,
            count: count,
            arrival: 0,
            positions: [],
            payload: payload.bytes,
            owner: payload
        )
    }

    private static func bytes(_ payload: CorrectionPayload) -> [UInt8] {
        let bytes = payload.make()
        return withExtendedLifetime(bytes) { Array(bytes.bytes) }
    }

    @Test("is read back as it was written, with a replacement and without")
    func roundTrip() throws {
        var payload = Self.payload
        for replacement in [payload.replacement, nil, []] {
            payload.replacement = replacement
            let read = try CorrectionPayload(of: Self.frame(Self.bytes(payload)))
            #expect(read.eventSequence == 3 && read.basis == 7 && read.eventOrigin == 1)
            #expect(read.eventArrival == 1_750_000_000_000_000 && read.eventTime == -5)
            #expect(read.content == payload.content && read.replacement == replacement)
            #expect(read.reason == "wrong — zu viel" && read.by == "finance")
        }
    }

    @Test("is refused where it ends early, goes on, or says what cannot be")
    func malformed() {
        let bytes = Self.bytes(Self.payload)
        for length in bytes.indices {
            #expect(throws: EngineError.self, "\(length) bytes") {
                try CorrectionPayload(of: Self.frame(Array(bytes[..<length])))
            }
        }
        #expect(throws: EngineError.self) { try CorrectionPayload(of: Self.frame(bytes + [0])) }
        #expect(throws: EngineError.self) { try CorrectionPayload(of: Self.frame(bytes, count: 2)) }
        // An event that came later, and a correction that did.
        #expect(throws: EngineError.self) { try CorrectionPayload(of: Self.frame(bytes, sequence: 3)) }
        #expect(throws: EngineError.self) { try CorrectionPayload(of: Self.frame(bytes, sequence: 7)) }
        for (place, value) in [(0, UInt8(2)), (4, 2)] {
            var wrong = bytes
            wrong[place] = value
            #expect(throws: EngineError.self, "byte \(place)") { try CorrectionPayload(of: Self.frame(wrong)) }
        }
    }

    @Test("that came too late, or is about what is not known, is refused when it is applied, and kept with the reason")
    func refusedAtApply() async throws {
        let fixture = try EngineFixture()
        try await fixture.post([Sample.event("1", data: #"{"tokens":5}"#), Sample.event("2", data: #"{"tokens":7}"#)])
        let amended = try await fixture.amend("1", Sample.event("1", data: #"{"tokens":6}"#))
        let voided = try await fixture.void("2")
        let before = try await Outcome(of: fixture)
        fixture.engine.stop()
        func piece(event: UInt64, basis: UInt64, tokens: Int) -> LogWriting.Piece {
            let payload = CorrectionPayload(
                eventSequence: event,
                basis: basis,
                eventArrival: fixture.clock.now,
                eventTime: fixture.clock.now,
                eventOrigin: 0,
                content: Array(Sample.event("\(event + 1)", data: #"{"tokens":\#(tokens)}"#).utf8),
                reason: "too late",
                by: ""
            )
            return LogWriting.Piece(kind: .correction, count: 1, payload: Self.bytes(payload))
        }
        try LogWriting.write(
            [
                piece(event: 0, basis: 0, tokens: 5), piece(event: 1, basis: voided.sequence, tokens: 7),
                piece(event: 1, basis: 0, tokens: 7),
            ],
            directory: Engine.logDirectory(of: fixture.directory)
        )
        try fixture.restart()
        let after = try await Outcome(of: fixture)
        #expect(
            after.meters == before.meters && after.ledger == before.ledger && after.meterLedgers == before.meterLedgers
        )
        let refused = after.corrections.filter { $0.refused != nil }.sorted { $0.sequence < $1.sequence }
        #expect(refused.map(\.eventSequence) == [0, 1, 1] && refused.allSatisfy { $0.meters.isEmpty })
        #expect(refused.first?.refused?.contains("correction \(amended.sequence) was applied") == true)
        #expect(refused.last?.refused == "correction \(voided.sequence) voided the event already")
        #expect(refused.first?.id == "1" && refused.first?.reason == "too late")
        // The basis of the next one is the last that was applied.
        try await fixture.void("1")
        #expect(try await fixture.rows("prompts", window: .hour).isEmpty)
    }

    @Test("in a format of a newer meterd it says to run that")
    func newer() throws {
        var bytes = Self.bytes(Self.payload)
        bytes[0] = 2
        let error = #expect(throws: EngineError.self) { try CorrectionPayload(of: Self.frame(bytes)) }
        #expect(error?.description.contains("newer meterd") == true)
    }
}
