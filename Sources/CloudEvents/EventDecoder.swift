import CSimdJSON

/// Decodes request bodies into batches of events (CloudEvents 1.0.2: JSON format, HTTP and Kafka protocol bindings).
///
/// One for each thread: it keeps the scanner and its memory from body to body, at most about six bytes for each byte of
/// the largest body seen, and as much again where events came in binary mode. A body is scanned once for its structure
/// (simdjson, vector instructions) and walked over once.
public final class EventDecoder {
    /// Which events are taken.
    public let profile: Profile
    /// What a body may hold.
    public let limits: DecodeLimits
    /// Events found in the body decoded last, also where it was refused; 0 when it was malformed.
    public internal(set) var eventsInLastBody: Int {
        get { memory.pointee.events }
        set { memory.pointee.events = newValue }
    }

    private let scanner: OpaquePointer
    let memory: UnsafeMutablePointer<DecodeMemory>

    /// A decoder for the thread that makes it.
    public init(profile: Profile, limits: DecodeLimits = DecodeLimits()) {
        precondition(
            (1...DecodeLimits.deepest).contains(limits.depth),
            "nesting is limited to 1 to \(DecodeLimits.deepest)"
        )
        guard let scanner = meterd_json_scanner_create() else { fatalError("no memory for a JSON scanner") }
        self.profile = profile
        self.limits = limits
        self.scanner = scanner
        self.memory = .allocate(capacity: 1)
        self.memory.initialize(to: DecodeMemory())
    }

    deinit {
        memory.pointee.deallocate()
        memory.deinitialize(count: 1)
        memory.deallocate()
        meterd_json_scanner_destroy(scanner)
    }

    /// Decodes a structured body: one event or a batch of them in the JSON format. All of its events are good, or it
    /// throws.
    public func decode(_ body: UnsafeRawBufferPointer, envelope: Envelope) throws(DecodeError) -> EventBatch {
        eventsInLastBody = 0
        let (text, structure) = try scan(body)
        let capacity = Int(structure.count) / EventWalk.fewestOffsets + 1
        let entries = memory.pointee.entries(capacity)
        let count = try walk(
            text,
            structure,
            envelope,
            into: UnsafeMutableBufferPointer(start: entries, count: capacity)
        )
        return batch(text, entries, count)
    }

    /// Decodes a text that is one event into an index entry, whose offsets count from the text's first byte.
    func index(event text: UnsafeRawBufferPointer, into entry: UnsafeMutablePointer<EventIndex>) throws(DecodeError) {
        eventsInLastBody = 0
        let (text, structure) = try scan(text)
        _ = try walk(text, structure, .single, into: UnsafeMutableBufferPointer(start: entry, count: 1))
    }

    /// Walks over a scanned text and returns how many events it holds, which are all good.
    private func walk(
        _ text: UnsafePointer<UInt8>,
        _ structure: meterd_json_structure,
        _ envelope: Envelope,
        into entries: UnsafeMutableBufferPointer<EventIndex>
    ) throws(DecodeError) -> Int {
        guard let start = entries.baseAddress else { preconditionFailure("entries have memory") }
        var walk = EventWalk(
            reader(text, structure, checksNames: true),
            rules: EventWalk.Rules(profile: profile, limits: limits, checks: true),
            entries: start,
            capacity: entries.count
        )
        memory.pointee.problems = ProblemList()
        do throws(DecodeFault) {
            try walk.document(envelope)
        } catch {
            throw decodeError(error)
        }
        eventsInLastBody = walk.events
        if let error = memory.pointee.problems.error { throw error }
        return walk.accepted
    }

    /// Copies the events into a batch of their own, each behind its length, and makes their offsets count from there.
    func batch(
        _ text: UnsafePointer<UInt8>,
        _ entries: UnsafeMutablePointer<EventIndex>,
        _ count: Int
    ) -> EventBatch {
        let prefix = MemoryLayout<UInt32>.size
        var length = 0
        for i in 0..<count { length &+= Int(entries[i].raw.length) &+ prefix }
        let block = EventBatch.Block.allocate(count: count, payloadLength: length)
        let payload = block.payload
        let index = block.index
        var at = 0
        for i in 0..<count {
            let raw = entries[i].raw
            payload.storeBytes(of: raw.length.littleEndian, toByteOffset: at, as: UInt32.self)
            at &+= prefix
            (payload + at).copyMemory(from: text + Int(raw.offset), byteCount: Int(raw.length))
            (index + i).initialize(to: entries[i])
            index[i].move(by: UInt32(truncatingIfNeeded: at) &- raw.offset)
            at &+= Int(raw.length)
        }
        return EventBatch(block)
    }
}

extension EventIndex {
    /// Makes it the entry of an event that begins so many bytes later; wraps around for earlier.
    @inline(__always)
    mutating func move(by distance: UInt32) {
        raw.offset &+= distance
        id.offset &+= distance
        source.offset &+= distance
        type.offset &+= distance
        if flags.contains(.hasSubject) { subject.offset &+= distance }
        if flags.contains(.hasData) { data.offset &+= distance }
    }
}

// MARK: - Scanning

extension EventDecoder {
    /// Finds the structure of a text. What it returns is valid until the next scan.
    func scan(
        _ body: UnsafeRawBufferPointer
    ) throws(DecodeError) -> (text: UnsafePointer<UInt8>, structure: meterd_json_structure) {
        guard let start = body.baseAddress, body.count > 0 else {
            throw .malformed(reason: "the JSON text is empty", offset: nil)
        }
        let text = start.assumingMemoryBound(to: UInt8.self)
        let structure = meterd_json_scan(scanner, text, body.count)
        guard structure.status == METERD_JSON_SCANNED else {
            throw ScanFault.error(structure.status, in: UnsafeBufferPointer(start: text, count: body.count))
        }
        return (text, structure)
    }

    func reader(
        _ text: UnsafePointer<UInt8>,
        _ structure: meterd_json_structure,
        checksNames: Bool
    ) -> JSONReader {
        JSONReader(
            ScannedText(bytes: text, marks: structure.marks, marked: structure.marked != 0, memory: memory),
            offsets: structure.offsets,
            count: Int(structure.count),
            names: memory.pointee.nameStack,
            checksNames: checksNames
        )
    }

    func decodeError(_ fault: DecodeFault) -> DecodeError {
        switch fault {
        case .malformed(let reason, let at): return .malformed(reason: reason.text, offset: at)
        case .tooManyEvents: return .tooManyEvents(limit: limits.events)
        case .eventTooLarge(let index): return .eventTooLarge(index: index, limit: limits.event)
        }
    }
}
