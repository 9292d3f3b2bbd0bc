/// Walks over a text of one event or a batch, checks each event and notes where its parts are.
///
/// A fault of the JSON grammar ends the walk; a broken rule is noted in `DecodeMemory.problems` and the walk goes on,
/// so that all bad events are named. Never copied, like the reader in it.
struct EventWalk: ~Copyable {
    /// What the events are held to.
    struct Rules {
        var profile: Profile
        var limits: DecodeLimits
        /// Off for events that were accepted once and come back from the log: rules and limits may have changed since.
        var checks: Bool
    }

    var reader: JSONReader
    let rules: Rules
    /// Where the good events' entries go; offsets in them count from the text's first byte.
    let entries: UnsafeMutablePointer<EventIndex>
    let capacity: Int
    /// Good events so far.
    var accepted = 0
    /// Events so far, good and bad.
    var events = 0
    /// Whether the event being read broke a rule.
    var isBad = false

    init(_ reader: consuming JSONReader, rules: Rules, entries: UnsafeMutablePointer<EventIndex>, capacity: Int) {
        self.reader = reader
        self.rules = rules
        self.entries = entries
        self.capacity = capacity
    }

    /// Fewest offsets that a good event can have: its braces, four members of three offsets each, the commas between.
    static let fewestOffsets = 17

    /// Walks over the whole text.
    mutating func document(_ envelope: Envelope) throws(DecodeFault) {
        let at = try reader.take()
        switch reader.text[at] {
        case UInt8(ascii: "{") where envelope != .batch: try event(at: at)
        case UInt8(ascii: "[") where envelope != .single: try batch(at: at, mayBeEmpty: envelope == .batch)
        default:
            switch envelope {
            case .single: throw .malformed(.notAnObject, at: at)
            case .batch: throw .malformed(.notAnArray, at: at)
            case .either: throw .malformed(.notAnEvent, at: at)
            }
        }
        try reader.finish()
    }

    private mutating func batch(at open: Int, mayBeEmpty: Bool) throws(DecodeFault) {
        var at = try reader.take()
        if reader.text[at] == UInt8(ascii: "]") {
            guard mayBeEmpty else { throw .malformed(.noEvent, at: open) }
            return
        }
        while true {
            guard events < rules.limits.events else { throw .tooManyEvents }
            if reader.text[at] == UInt8(ascii: "{") {
                try event(at: at)
            } else {
                try reader.skip(at: at, depth: rules.limits.depth)
                note(nil, "must be a JSON object")
                endEvent()
            }
            at = try reader.take()
            if reader.text[at] == UInt8(ascii: "]") { return }
            guard reader.text[at] == UInt8(ascii: ",") else { throw .malformed(.noCommaInArray, at: at) }
            at = try reader.take()
        }
    }

    /// Walks over one event, whose `{` was just taken.
    mutating func event(at open: Int) throws(DecodeFault) {
        precondition(accepted < capacity, "more good events than their offsets allow")
        var draft = EventDraft(entries + accepted)
        reader.names.count = 0
        reader.tooLargeFrom = open &+ min(rules.limits.event, Int(UInt32.max))
        var at = 0
        if reader.isAtEndOfObject {
            at = try reader.take()
        } else {
            repeat {
                let (name, value) = try reader.member()
                try member(name, at: value, &draft)
                at = try reader.take()
            } while reader.text[at] == UInt8(ascii: ",")
            guard reader.text[at] == UInt8(ascii: "}") else { throw .malformed(.noCommaInObject, at: at) }
        }
        if reader.names.count > 0 { leaveExtensions() }
        draft.entry.pointee.raw = EventIndex.Slice(open, at &+ 1)
        try finish(&draft)
    }

    /// Checks what only the whole event shows, and keeps it when it is good.
    @inline(__always)
    private mutating func finish(_ draft: inout EventDraft) throws(DecodeFault) {
        if draft.present & EventDraft.required != EventDraft.required { noteMissing(&draft) }
        finishData(&draft)
        if rules.checks {
            if rules.profile == .openmeter { checkOpenMeter(&draft) }
            guard draft.entry.pointee.raw.length <= rules.limits.event else { throw .eventTooLarge(index: events) }
        }
        if !isBad {
            draft.entry.pointee.contentHash = ContentHash.mix(draft.sum, ContentHash.Seed.event)
            draft.entry.pointee.flags = draft.flags
            draft.entry.pointee.dataKind = draft.dataKind
            accepted &+= 1
        }
        endEvent()
    }

    @inline(__always)
    private mutating func endEvent() {
        events &+= 1
        isBad = false
    }
}

extension EventIndex.Slice {
    /// From `start` to `end`.
    @inline(__always)
    init(_ start: Int, _ end: Int) {
        self.init(offset: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: end &- start))
    }
}

/// An event while its members are read. Trivial.
struct EventDraft {
    /// Its place in the index; kept when the event is good.
    let entry: UnsafeMutablePointer<EventIndex>
    var flags = EventIndex.Flags()
    var dataKind = EventIndex.DataKind.absent
    /// The members read so far, and those of them that are not null.
    var seen: UInt32 = 0
    var present: UInt32 = 0
    var extensions = 0
    /// The sum of the members' hashes.
    var sum: UInt64 = 0
    var dataHash: UInt64 = 0
    var base64Hash: UInt64 = 0
    var base64 = EventIndex.Slice()
    /// Whether `datacontenttype` is of a type other than JSON.
    var isOtherMediaType = false

    @inline(__always)
    init(_ entry: UnsafeMutablePointer<EventIndex>) {
        self.entry = entry
        entry.initialize(to: EventIndex())
    }

    /// The members that every event has.
    @inline(__always)
    static var required: UInt32 {
        Attribute.specversion.bit | Attribute.id.bit | Attribute.source.bit | Attribute.type.bit
    }

    /// Counts an attribute's value into the event's content.
    @inline(__always)
    mutating func add(_ attribute: Attribute, _ hash: UInt64) {
        sum &+= ContentHash.member(attribute.salt, hash)
    }

    @inline(__always)
    func has(_ attribute: Attribute) -> Bool {
        present & attribute.bit != 0
    }
}

// MARK: - Problems

extension EventWalk {
    /// Notes a broken rule of the event being read.
    @inline(never)
    mutating func note(_ attribute: String?, _ reason: String) {
        isBad = true
        reader.text.memory.pointee.problems.note(EventProblem(index: events, attribute: attribute, reason: reason))
    }

    @inline(never)
    private mutating func noteMissing(_ draft: inout EventDraft) {
        for attribute in [Attribute.specversion, .id, .source, .type] where !draft.has(attribute) {
            note(attribute.name, "is required")
        }
    }

    @inline(__always)
    private mutating func checkOpenMeter(_ draft: inout EventDraft) {
        let isUsual = draft.dataKind == .object || draft.dataKind == .null || draft.dataKind == .absent
        if isUsual, draft.has(.subject), !draft.isOtherMediaType { return }
        noteOpenMeter(&draft)
    }

    @inline(never)
    private mutating func noteOpenMeter(_ draft: inout EventDraft) {
        if !draft.has(.subject) { note("subject", "is required") }
        if draft.isOtherMediaType { note("datacontenttype", "must be application/json or absent") }
        switch draft.dataKind {
        case .absent, .null, .object: break
        case .base64: note("data_base64", "is not taken; send a JSON object as data")
        default: note("data", "must be a JSON object, null or absent")
        }
    }

    /// Notes an extension attribute's name that stands twice.
    @inline(never)
    private mutating func leaveExtensions() {
        reader.repeatedName = nil
        reader.leaveObject(0)
        noteRepeatedName(in: nil)
    }

    /// Notes the name that the reader found repeated, inside `member` or as an attribute of the event.
    @inline(never)
    mutating func noteRepeatedName(in member: String?) {
        guard let name = reader.repeatedName else { return }
        let text = quoted(name)
        note(member ?? text, member == nil ? "is there more than once" : "has the member \"\(text)\" more than once")
        reader.repeatedName = nil
    }

    /// A name as a message may quote it: its JSON text, cut short.
    mutating func quoted(_ name: JSONString) -> String {
        let longest = 64
        let bytes = UnsafeBufferPointer(start: reader.text.bytes + name.start, count: min(name.count, longest))
        return String(decoding: bytes, as: UTF8.self) + (name.count > longest ? "…" : "")
    }
}
