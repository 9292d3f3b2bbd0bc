/// One member of an event: which it is, and what its value may be (CloudEvents 1.0.2, context attributes and JSON
/// format).
extension EventWalk {
    /// Reads the value of the member `name`, which was just taken at `at`.
    @inline(__always)
    mutating func member(_ name: JSONString, at: Int, _ draft: inout EventDraft) throws(DecodeFault) {
        let attribute =
            reader.text.isPlain(name) ? Attribute.named(reader.text.bytes + name.start, name.count) : try marked(name)
        if attribute == .extension { return try extensionAttribute(name, at: at, &draft) }
        if draft.seen & attribute.bit != 0 {
            note(attribute.name, "is there more than once")
            try reader.skip(at: at, depth: rules.limits.depth &- 1)
            return
        }
        draft.seen |= attribute.bit
        switch attribute {
        case .id:
            guard let text = try requiredText(.id, at: at, &draft) else { return }
            draft.entry.pointee.id = text.slice
            if text.escaped { draft.flags.insert(.idEscaped) }
        case .source:
            guard let text = try requiredText(.source, at: at, &draft) else { return }
            draft.entry.pointee.source = text.slice
            if text.escaped { draft.flags.insert(.sourceEscaped) }
            if rules.checks, !URIReference.isValid(text.start, text.count) {
                note("source", "must be a URI reference (RFC 3986)")
            }
        case .type:
            guard let text = try requiredText(.type, at: at, &draft) else { return }
            draft.entry.pointee.type = text.slice
            if text.escaped { draft.flags.insert(.typeEscaped) }
        case .subject:
            guard let text = try requiredText(.subject, at: at, &draft) else { return }
            draft.entry.pointee.subject = text.slice
            draft.flags.insert(.hasSubject)
            if text.escaped { draft.flags.insert(.subjectEscaped) }
        case .time:
            try time(at: at, &draft)
        case .specversion:
            try specversion(at: at, &draft)
        case .data:
            try data(at: at, &draft)
        case .datacontenttype, .dataschema, .dataBase64:
            try rareMember(attribute, at: at, &draft)
        case .extension:
            return
        }
    }

    @inline(never)
    private mutating func marked(_ name: JSONString) throws(DecodeFault) -> Attribute {
        let text = try reader.text.unescaped(name)
        return Attribute.named(text.start, text.count)
    }

    @inline(never)
    private mutating func rareMember(
        _ attribute: Attribute,
        at: Int,
        _ draft: inout EventDraft
    ) throws(DecodeFault) {
        switch attribute {
        case .datacontenttype: try datacontenttype(at: at, &draft)
        case .dataschema: try dataschema(at: at, &draft)
        default: try dataBase64(at: at, &draft)
        }
    }

    /// An attribute that must not be empty; counted into the content.
    @inline(__always)
    private mutating func requiredText(
        _ attribute: Attribute,
        at: Int,
        _ draft: inout EventDraft
    ) throws(DecodeFault) -> AttributeText? {
        guard let text = try attributeText(attribute, at: at, &draft) else { return nil }
        draft.add(attribute, text.hash)
        if text.count == 0 { note(attribute.name, "must not be empty") }
        return text
    }

    private mutating func specversion(at: Int, _ draft: inout EventDraft) throws(DecodeFault) {
        guard let text = try attributeText(.specversion, at: at, &draft), rules.checks else { return }
        let isKnown =
            text.count == 3 && text.start[0] == UInt8(ascii: "1") && text.start[1] == UInt8(ascii: ".")
            && text.start[2] == UInt8(ascii: "0")
        if !isKnown { note("specversion", "must be \"1.0\"") }
    }

    @inline(__always)
    private mutating func time(at: Int, _ draft: inout EventDraft) throws(DecodeFault) {
        guard let text = try attributeText(.time, at: at, &draft) else { return }
        draft.add(.time, text.hash)
        guard let time = Timestamp.parse(text.start, text.count) else {
            note("time", "must be a date-time of RFC 3339, like 2025-06-07T12:34:56Z")
            return
        }
        draft.entry.pointee.time = time
        draft.flags.insert(.hasTime)
    }

    private mutating func datacontenttype(at: Int, _ draft: inout EventDraft) throws(DecodeFault) {
        guard let text = try attributeText(.datacontenttype, at: at, &draft) else { return }
        // As most write it, and what absent means.
        if UnsafeRawBufferPointer(start: text.start, count: text.count).isText("application/json") { return }
        guard let type = MediaType(text.start, text.count) else {
            note("datacontenttype", "must be a media type (RFC 2046)")
            return
        }
        draft.isOtherMediaType = rules.profile == .openmeter ? !type.isEssence("application/json") : !type.isJSON
        if !type.isDefault { draft.add(.datacontenttype, text.hash) }
    }

    private mutating func dataschema(at: Int, _ draft: inout EventDraft) throws(DecodeFault) {
        guard let text = try attributeText(.dataschema, at: at, &draft) else { return }
        draft.add(.dataschema, text.hash)
        if rules.checks, !URIReference.isAbsolute(text.start, text.count) {
            note("dataschema", "must be an absolute URI (RFC 3986)")
        }
    }
}

// MARK: - Attribute strings

/// The string value of an attribute.
struct AttributeText {
    /// The text, unescaped; valid until the next string is unescaped.
    var start: UnsafePointer<UInt8>
    var count: Int
    var escaped: Bool
    /// Where it stands between its quotes, with its escapes.
    var slice: EventIndex.Slice
    var hash: UInt64
}

extension EventWalk {
    /// Reads an attribute that is a string; nil when it is null, which counts as absent, and when it is something else.
    @inline(__always)
    mutating func attributeText(
        _ attribute: Attribute,
        at: Int,
        _ draft: inout EventDraft
    ) throws(DecodeFault) -> AttributeText? {
        guard reader.text[at] == UInt8(ascii: "\"") else {
            try notText(attribute.name, at: at, isAbsent: attribute, &draft)
            return nil
        }
        draft.present |= attribute.bit
        let string = try reader.text.string(at: at, limit: reader.limit)
        if reader.text.isPlain(string) {
            return Self.attributeText(string, reader.text.bytes + string.start, string.count, false)
        }
        return try markedText(attribute.name, string)
    }

    @inline(__always)
    private static func attributeText(
        _ string: JSONString,
        _ start: UnsafePointer<UInt8>,
        _ count: Int,
        _ escaped: Bool
    ) -> AttributeText {
        AttributeText(
            start: start,
            count: count,
            escaped: escaped,
            slice: EventIndex.Slice(string.start, string.end),
            hash: ContentHash.bytes(start, count, seed: ContentHash.Seed.text)
        )
    }

    /// A string that is not plain ASCII.
    @inline(never)
    mutating func markedText(_ attribute: String, _ string: JSONString) throws(DecodeFault) -> AttributeText {
        let text = try reader.text.unescaped(string)
        if rules.checks, let scalar = AttributeCharacters.firstDisallowed(text.start, text.count) {
            let hex = String(scalar, radix: 16, uppercase: true)
            let padded = String(repeating: "0", count: max(0, 4 - hex.count)) + hex
            note(attribute, "must not hold U+\(padded): control characters and noncharacters are not allowed")
        }
        return Self.attributeText(string, text.start, text.count, text.escaped)
    }

    @inline(never)
    private mutating func notText(
        _ name: String,
        at: Int,
        isAbsent attribute: Attribute,
        _ draft: inout EventDraft
    ) throws(DecodeFault) {
        let isNull = reader.text[at] == UInt8(ascii: "n")
        try reader.skip(at: at, depth: rules.limits.depth &- 1)
        if isNull { return }
        draft.present |= attribute.bit
        note(name, "must be a string")
    }
}
