/// Reading accepted events again, from the log.
extension EventDecoder {
    /// Indexes `count` events in the form of `EventBatch.payload`, which an earlier `decode` accepted. Rules and limits
    /// are not asked again, because they may have changed since; but an event that does not parse, or is not where its
    /// length says, is an error.
    ///
    /// The whole payload is scanned at once: for that, the lengths between the events become white space in the batch's
    /// own copy, and lengths again before anyone sees it.
    public func index(payload: UnsafeRawBufferPointer, count: Int) throws(DecodeError) -> EventBatch {
        let prefix = MemoryLayout<UInt32>.size
        guard count >= 0, count <= payload.count / prefix, payload.count <= EventBatch.payloadLimit else {
            throw .malformed(reason: "a payload of \(payload.count) bytes cannot hold \(count) events", offset: nil)
        }
        let block = EventBatch.Block.allocate(count: count, payloadLength: payload.count)
        let copy = block.payload
        if let start = payload.baseAddress, payload.count > 0 {
            copy.copyMemory(from: start, byteCount: payload.count)
        }
        do throws(DecodeError) {
            try blankLengths(payload, in: copy, count)
            if count > 0 { try walkCopy(UnsafePointer(copy.assumingMemoryBound(to: UInt8.self)), of: payload, block) }
        } catch {
            block.start.deallocate()
            throw error
        }
        for i in 0..<count {
            let raw = block.index[i].raw
            copy.storeBytes(of: raw.length.littleEndian, toByteOffset: Int(raw.offset) - prefix, as: UInt32.self)
        }
        return EventBatch(block)
    }

    /// Checks that the lengths divide the payload into `count` events, and overwrites them in the copy.
    private func blankLengths(
        _ payload: UnsafeRawBufferPointer,
        in copy: UnsafeMutableRawPointer,
        _ count: Int
    ) throws(DecodeError) {
        let prefix = MemoryLayout<UInt32>.size
        let fourSpaces: UInt32 = 0x2020_2020
        var at = 0
        for i in 0..<count {
            guard payload.count - at >= prefix else {
                throw .malformed(reason: "the payload ends before event \(i)", offset: at)
            }
            let length = Int(UInt32(littleEndian: payload.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
            guard payload.count - at - prefix >= length else {
                throw .malformed(reason: "event \(i) of the payload is longer than what is left", offset: at)
            }
            copy.storeBytes(of: fourSpaces, toByteOffset: at, as: UInt32.self)
            at += prefix + length
        }
        guard at == payload.count else {
            throw .malformed(reason: "the payload goes on after event \(count - 1)", offset: at)
        }
    }

    private func walkCopy(
        _ copy: UnsafePointer<UInt8>,
        of payload: UnsafeRawBufferPointer,
        _ block: EventBatch.Block
    ) throws(DecodeError) {
        let (text, structure) = try scan(UnsafeRawBufferPointer(start: copy, count: payload.count))
        let limits = DecodeLimits(events: .max, event: .max, depth: DecodeLimits.deepest)
        var walk = EventWalk(
            reader(text, structure, checksNames: false),
            rules: EventWalk.Rules(profile: .cloudevents, limits: limits, checks: false),
            entries: block.index,
            capacity: block.count
        )
        memory.pointee.problems = ProblemList()
        do throws(DecodeFault) {
            try walk.acceptedEvents(payload)
        } catch {
            throw decodeError(error)
        }
        if let error = memory.pointee.problems.error { throw error }
    }
}

extension EventWalk {
    /// Walks over events that stand one behind the other where `payload`, the original, has their lengths before them.
    /// Stops at the first one that breaks a rule.
    fileprivate mutating func acceptedEvents(_ payload: UnsafeRawBufferPointer) throws(DecodeFault) {
        let prefix = MemoryLayout<UInt32>.size
        var expected = 0
        while accepted < capacity {
            let length = UInt32(littleEndian: payload.loadUnaligned(fromByteOffset: expected, as: UInt32.self))
            expected &+= prefix
            let at = try reader.take()
            guard at == expected, reader.text[at] == UInt8(ascii: "{") else {
                throw .malformed(.lostEvent, at: expected)
            }
            let before = accepted
            try event(at: at)
            guard accepted > before else { return }
            guard entries[before].raw.length == length else { throw .malformed(.lostEvent, at: expected) }
            expected &+= Int(length)
        }
        try reader.finish()
    }
}
