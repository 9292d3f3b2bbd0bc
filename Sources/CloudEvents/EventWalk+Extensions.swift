/// Extension attributes (CloudEvents 1.0.2, naming conventions, type system; JSON format, section 2.2).
extension EventWalk {
    /// Reads an extension attribute. It is a string, a boolean or an integer; null counts as absent.
    @inline(never)
    mutating func extensionAttribute(
        _ name: JSONString,
        at: Int,
        _ draft: inout EventDraft
    ) throws(DecodeFault) {
        let nameHash = try reader.text.hash(of: name, seed: ContentHash.Seed.name)
        draft.extensions += 1
        if rules.checks {
            if draft.extensions == DecodeLimits.extensions + 1 {
                note(nil, "has more than \(DecodeLimits.extensions) extension attributes")
            }
            reader.repeatedName = nil
            reader.enter(name, nameHash, 0)
            if reader.repeatedName != nil { noteRepeatedName(in: nil) }
            checkName(name)
        }
        guard let hash = try extensionValue(name, at: at) else { return }
        draft.sum &+= ContentHash.member(nameHash, hash)
    }

    private mutating func checkName(_ name: JSONString) {
        let text = UnsafeBufferPointer(start: reader.text.bytes + name.start, count: name.count)
        if text.isEmpty { return note("", "has an empty name") }
        if text.count > DecodeLimits.attributeName {
            return note(quoted(name), "has a name longer than \(DecodeLimits.attributeName) bytes")
        }
        let isLowerCase = text.allSatisfy { byte in byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 }
        if !isLowerCase { note(quoted(name), "is no attribute name: only a to z and 0 to 9 are allowed") }
    }

    /// The hash of the value's canonical text; nil when it is null.
    private mutating func extensionValue(_ name: JSONString, at: Int) throws(DecodeFault) -> UInt64? {
        switch reader.text[at] {
        case UInt8(ascii: "\""):
            let string = try reader.text.string(at: at, limit: reader.limit)
            if string.count == 0, rules.checks, isPartitionKey(name) { note(quoted(name), "must not be empty") }
            if reader.text.isPlain(string) { return try reader.text.hash(of: string, seed: ContentHash.Seed.text) }
            return try markedText(quoted(name), string).hash
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            let end = try reader.text.literal(at: at, limit: reader.limit).end
            return ContentHash.bytes(reader.text.bytes + at, end - at, seed: ContentHash.Seed.text)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let end = try reader.text.number(at: at, limit: reader.limit)
            if rules.checks, !isInteger(at, end) {
                note(quoted(name), "must be an integer from -2147483648 to 2147483647, without fraction and exponent")
            }
            return ContentHash.bytes(reader.text.bytes + at, end - at, seed: ContentHash.Seed.text)
        default:
            let value = try reader.value(at: at, depth: rules.limits.depth &- 1)
            if reader.text[at] == UInt8(ascii: "n") { return nil }
            if rules.checks { note(quoted(name), "must be a string, a boolean or an integer") }
            return value.hash
        }
    }

    /// The one extension whose specification asks for a value that is not empty (CloudEvents, partitioning extension).
    private mutating func isPartitionKey(_ name: JSONString) -> Bool {
        UnsafeBufferPointer(start: reader.text.bytes + name.start, count: name.count).elementsEqual("partitionkey".utf8)
    }

    /// Whether the number is an Integer of the type system: 32 bits, signed, digits alone.
    private mutating func isInteger(_ start: Int, _ end: Int) -> Bool {
        let isNegative = reader.text[start] == UInt8(ascii: "-")
        var magnitude: Int64 = 0
        for at in (isNegative ? start + 1 : start)..<end {
            let digit = reader.text[at] &- 48
            guard digit < 10 else { return false }
            magnitude = magnitude * 10 + Int64(digit)
            guard magnitude <= 2_147_483_648 else { return false }
        }
        return isNegative || magnitude <= 2_147_483_647
    }
}
