import NIOCore

/// The ingest requests of one connection that have no answer on the wire yet, in the order they came. Answers leave in
/// that order (RFC 9112 section 9.3.2), however they become ready.
struct AnswerQueue {
    /// What became of a request.
    enum Outcome {
        case accepted
        /// A preflight request is told what a page may do, in these header lines.
        case preflight(ByteBuffer)
        case problem(Problem)
    }

    /// One request.
    struct Entry {
        let slot: UInt64
        let request: RequestID
        /// On the events path; otherwise a refusal of some other request.
        let isIngest: Bool
        let asker: Asker
        let bytes: Int
        let started: NIODeadline
        /// Nothing follows this answer on the connection.
        let closes: Bool
        fileprivate(set) var outcome: Outcome?
    }

    private var entries = CircularBuffer<Entry>()
    private var nextSlot: UInt64 = 0
    /// Bytes of the bodies that wait.
    private(set) var bytes = 0

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// Adds a request, with its outcome if that is known already.
    mutating func append(
        request: RequestID,
        isIngest: Bool,
        asker: Asker,
        bytes: Int,
        started: NIODeadline,
        closes: Bool,
        outcome: Outcome? = nil
    ) -> UInt64 {
        let slot = nextSlot
        nextSlot += 1
        self.bytes += bytes
        entries.append(
            Entry(
                slot: slot,
                request: request,
                isIngest: isIngest,
                asker: asker,
                bytes: bytes,
                started: started,
                closes: closes,
                outcome: outcome
            )
        )
        return slot
    }

    /// Notes an outcome.
    mutating func complete(_ slot: UInt64, _ outcome: Outcome) {
        guard let first = entries.first, slot >= first.slot else { return }
        let offset = Int(slot - first.slot)
        guard offset < entries.count else { return }
        entries[entries.index(entries.startIndex, offsetBy: offset)].outcome = outcome
    }

    /// Takes the first request if its outcome is known.
    mutating func takeReady() -> (entry: Entry, outcome: Outcome)? {
        guard let first = entries.first, let outcome = first.outcome else { return nil }
        entries.removeFirst()
        bytes -= first.bytes
        return (first, outcome)
    }
}
