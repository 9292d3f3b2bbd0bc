/// An event's data (CloudEvents 1.0.2, JSON format, section 3.1).
extension EventWalk {
    /// Reads the member `data`. A name that stands twice in an object of it has no one value, so it is refused.
    @inline(__always)
    mutating func data(at: Int, _ draft: inout EventDraft) throws(DecodeFault) {
        let kind = dataKind(at: at)
        reader.repeatedName = nil
        let value = try reader.value(at: at, depth: rules.limits.depth &- 1)
        if reader.repeatedName != nil { noteRepeatedName(in: "data") }
        draft.present |= Attribute.data.bit
        draft.entry.pointee.data = EventIndex.Slice(at, value.end)
        draft.dataKind = kind
        draft.dataHash = value.hash
    }

    @inline(__always)
    private mutating func dataKind(at: Int) -> EventIndex.DataKind {
        switch reader.text[at] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "n"): .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        default: .number
        }
    }

    /// Reads the member `data_base64`; null counts as absent.
    mutating func dataBase64(at: Int, _ draft: inout EventDraft) throws(DecodeFault) {
        guard reader.text[at] == UInt8(ascii: "\"") else {
            let isNull = reader.text[at] == UInt8(ascii: "n")
            try reader.skip(at: at, depth: rules.limits.depth &- 1)
            if !isNull { note("data_base64", "must be a string of Base64 text (RFC 4648 section 4)") }
            return
        }
        let string = try reader.text.string(at: at, limit: reader.limit)
        let text = try reader.text.unescaped(string)
        // Decoded in the scratch memory: over the unescaped text where that is there already.
        let room =
            text.escaped ? UnsafeMutablePointer(mutating: text.start) : reader.text.memory.pointee.room(for: text.count)
        guard let length = Base64.decode(text.start, text.count, into: room) else {
            note("data_base64", "must be Base64 text (RFC 4648 section 4), padded, without line breaks")
            return
        }
        draft.present |= Attribute.dataBase64.bit
        draft.base64 = EventIndex.Slice(string.start, string.end)
        draft.base64Hash = ContentHash.bytes(room, length, seed: ContentHash.Seed.text)
    }

    /// Checks the data against its media type and counts it into the content. Data of another type than JSON is its
    /// bytes.
    @inline(__always)
    mutating func finishData(_ draft: inout EventDraft) {
        if draft.has(.dataBase64) || draft.isOtherMediaType { return finishOtherData(&draft) }
        guard draft.has(.data) else { return }
        draft.flags.insert(.hasData)
        draft.add(.data, draft.dataHash)
    }

    @inline(never)
    private mutating func finishOtherData(_ draft: inout EventDraft) {
        if draft.has(.dataBase64) {
            if draft.has(.data) { note("data_base64", "cannot stand beside data") }
            draft.flags.insert(.hasData)
            draft.entry.pointee.data = draft.base64
            draft.dataKind = .base64
            draft.add(.dataBase64, draft.base64Hash)
            return
        }
        guard draft.has(.data) else { return }
        draft.flags.insert(.hasData)
        switch draft.dataKind {
        case .string:
            draft.dataKind = .other
            draft.add(.dataBase64, draft.dataHash)
        case .null:
            draft.add(.data, draft.dataHash)
        default:
            if rules.checks { note("data", "must be a string, because datacontenttype is not JSON") }
            draft.add(.data, draft.dataHash)
        }
    }
}
