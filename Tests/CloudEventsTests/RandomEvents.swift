/// Random events, written in many ways.
extension SeededGenerator {
    /// An event, perhaps with JSON data; or with `data`, the members that say its data, instead.
    mutating func event(data: [String]? = nil) -> String {
        var members = [
            #""specversion":"1.0""#, "\"id\":\"x\(text())\"",
            #""source":"/service/\#(Int.random(in: 0..<99, using: &self))""#,
            #""type":"t""#,
        ]
        if Bool.random(using: &self) { members.append("\"subject\":\"s\(text())\"") }
        if Bool.random(using: &self) { members.append(#""time":"2025-06-07T12:34:56.123Z""#) }
        if Bool.random(using: &self) { members.append(#""ext1":-7"#) }
        members += data ?? jsonData()
        members.shuffle(using: &self)
        return "{" + members.joined(separator: Bool.random(using: &self) ? "," : " ,\n\t") + "}"
    }

    private mutating func jsonData() -> [String] {
        var members: [String] = []
        if Bool.random(using: &self) { members.append(#""datacontenttype":"application/json""#) }
        if Int.random(in: 0..<4, using: &self) > 0 { members.append("\"data\":" + value(depth: 3)) }
        return members
    }

    /// The inside of a JSON string.
    mutating func text() -> String {
        let pieces = [
            "a", "b c", "é", "😀", #"\""#, #"\\"#, #"\/"#, #"\u00e9"#, #"\ud83d\ude00"#, "{", "]", ",", ":", "0",
        ]
        return (0..<Int.random(in: 0..<8, using: &self)).map { _ in pieces.randomElement(using: &self) ?? "" }
            .joined()
    }

    /// A JSON value of at most so many levels.
    mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: return "null"
        case 1: return "true"
        case 2: return "\(Int.random(in: -1000...1000, using: &self))"
        case 3: return "\(Int.random(in: 0...99, using: &self)).25e-1"
        case 4, 5: return "\"\(text())\\n\""
        case 6:
            let values = (0..<Int.random(in: 0..<4, using: &self)).map { _ in value(depth: depth - 1) }
            return "[ " + values.joined(separator: ", ") + "]"
        default:
            let values = (0..<Int.random(in: 0..<4, using: &self)).map { i in
                "\"k\(i)\(text())\" : " + value(depth: depth - 1)
            }
            return "{" + values.joined(separator: ",") + "}"
        }
    }
}
