import Metering

/// A JSON value whose members keep the order in which they were written.
indirect enum JSONNode: Sendable {
    case object([(name: String, value: JSONNode)])
    case array([JSONNode])
    case text(String)
    case number(ExactDecimal)
    case flag(Bool)

    /// An integer.
    static func integer(_ number: Int) -> JSONNode { .number(ExactDecimal(number)) }

    /// An object with one member.
    static func member(_ name: String, _ value: JSONNode) -> JSONNode { .object([(name, value)]) }

    /// Appends the value.
    func write(_ json: inout JSONWriter) {
        switch self {
        case .object(let members):
            json.object { json in
                for member in members {
                    json.key(member.name)
                    member.value.write(&json)
                }
            }
        case .array(let elements): json.array { json in for element in elements { element.write(&json) } }
        case .text(let text): json.string(text)
        case .number(let number): json.number(number)
        case .flag(let flag): json.bool(flag)
        }
    }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    init(stringLiteral text: String) { self = .text(text) }
    init(integerLiteral number: Int) { self = .integer(number) }
    init(booleanLiteral flag: Bool) { self = .flag(flag) }
}

extension JSONNode: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    init(arrayLiteral elements: JSONNode...) { self = .array(elements) }
    init(dictionaryLiteral members: (String, JSONNode)...) { self = .object(members.map { ($0.0, $0.1) }) }
}
