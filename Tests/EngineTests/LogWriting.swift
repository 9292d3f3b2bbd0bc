import EventLog
import Foundation
import Synchronization

@testable import Engine

/// Writes frames into a log as no engine would.
enum LogWriting {
    struct Piece {
        var kind: FrameKind
        var count: UInt32
        var payload: [UInt8]
    }

    private final class Nobody: LogFollower {
        func synced(_ frames: [Frame]) {}
    }

    static func write(_ pieces: [Piece], directory: String, segmentBytes: Int = 1 << 20) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var options = LogOptions()
        options.segmentBytes = segmentBytes
        options.reserveBytes = 0
        let log = try EventLog.open(directory: directory, options: options)
        for piece in pieces {
            let bytes = PayloadBytes(byteCount: piece.payload.count) { writer in
                piece.payload.withUnsafeBytes { writer.put(bytes: $0) }
            }
            try log.submit(
                FrameDraft(
                    kind: piece.kind.rawValue,
                    origin: IngestOrigin.kafka.rawValue,
                    count: piece.count,
                    arrival: 1_750_000_000_000_000,
                    payload: bytes.bytes,
                    owner: bytes,
                    completion: { _ in }
                )
            )
        }
        try log.start(follower: Nobody())
        log.close()
    }
}
