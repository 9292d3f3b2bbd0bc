/// Events that were accepted together: their bytes in the form the log keeps, and where in them the parts are.
///
/// Immutable, so that it goes from the thread that decoded it to the one that writes and the one that counts.
public final class EventBatch: Sendable {
    /// Bytes that a payload may have at most: its offsets have 32 bits, and the scanner needs a few of them.
    public static let payloadLimit = Int(UInt32.max) - 64

    /// How many events there are.
    public let count: Int
    /// One block of memory: the index entries, then the payload. Written before the batch exists, never after.
    @usableFromInline
    nonisolated(unsafe) let block: UnsafeMutableRawPointer
    @usableFromInline
    let payloadLength: Int

    /// Takes over a block from `Block.allocate`, filled in.
    init(_ block: Block) {
        self.count = block.count
        self.block = block.start
        self.payloadLength = block.payloadLength
    }

    deinit {
        block.deallocate()
    }

    /// The events' bytes: for each a UInt32, little-endian, of its length, then its JSON text as received.
    ///
    /// Valid as long as the batch lives, which this pointer does not see to: hold the batch in a variable or property for
    /// that long, never take the payload of a batch that nobody holds, or use `withPayload`.
    @inlinable
    public var payload: UnsafeRawBufferPointer {
        let start = block + count * MemoryLayout<EventIndex>.stride
        return UnsafeRawBufferPointer(start: start, count: payloadLength)
    }

    /// Gives `body` the events' bytes (`payload`) and keeps the batch alive meanwhile.
    @inlinable
    public func withPayload<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) { try body(payload) }
    }

    /// Where the parts of event `i` are.
    @inlinable
    public subscript(i: Int) -> EventIndex {
        precondition(i >= 0 && i < count, "no such event in the batch")
        return withExtendedLifetime(self) {
            block.load(fromByteOffset: i * MemoryLayout<EventIndex>.stride, as: EventIndex.self)
        }
    }

    /// Gives `body` a part's text as UTF-8, unescaped; without a copy where nothing is escaped. Empty when the part is
    /// absent.
    @inlinable
    public func withText<R>(
        _ part: EventPart,
        of i: Int,
        _ body: (UnsafeRawBufferPointer) throws -> R
    ) rethrows -> R {
        let event = self[i]
        let slice = event.slice(of: part)
        return try withPayload { payload in
            let start = Int(slice.offset)
            let text = UnsafeRawBufferPointer(rebasing: payload[start..<start + Int(slice.length)])
            guard event.isEscaped(part) else { return try body(text) }
            return try withUnsafeTemporaryAllocation(byteCount: text.count, alignment: 1) { room in
                let length = EventBatch.unescape(text, into: room)
                return try body(UnsafeRawBufferPointer(rebasing: room[..<length]))
            }
        }
    }

    /// A part's text, unescaped; nil when the event does not have it.
    public func string(_ part: EventPart, of i: Int) -> String? {
        guard self[i].has(part) else { return nil }
        return withText(part, of: i) { String(decoding: $0, as: UTF8.self) }
    }

    /// Unescapes text that was validated when the batch was decoded; returns the length.
    @usableFromInline
    static func unescape(_ text: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> Int {
        guard let from = text.baseAddress, let to = room.baseAddress else { return 0 }
        return JSONText.unescape(
            from.assumingMemoryBound(to: UInt8.self),
            text.count,
            into: to.assumingMemoryBound(to: UInt8.self)
        ).count
    }
}

extension EventBatch {
    /// Memory of a batch while it is filled in.
    struct Block {
        let start: UnsafeMutableRawPointer
        let count: Int
        let payloadLength: Int

        static func allocate(count: Int, payloadLength: Int) -> Block {
            let size = count * MemoryLayout<EventIndex>.stride + payloadLength
            let start = UnsafeMutableRawPointer.allocate(
                byteCount: size,
                alignment: MemoryLayout<EventIndex>.alignment
            )
            return Block(start: start, count: count, payloadLength: payloadLength)
        }

        var index: UnsafeMutablePointer<EventIndex> {
            start.assumingMemoryBound(to: EventIndex.self)
        }

        var payload: UnsafeMutableRawPointer {
            start + count * MemoryLayout<EventIndex>.stride
        }
    }
}
