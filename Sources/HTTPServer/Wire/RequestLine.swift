/// The first line of a request: `method SP request-target SP HTTP-version` (RFC 9112 section 3), one blank each.
enum RequestLine {
    /// Parses the line; true for HTTP/1.0.
    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        _ line: Range<Int>,
        into head: inout RequestHead
    ) throws(FramingFault) -> Bool {
        let blank = UInt8(ascii: " ")
        var place = line.lowerBound
        while place < line.upperBound, ASCIISet.token.contains(bytes[place]) { place += 1 }
        guard place > line.lowerBound, place < line.upperBound, bytes[place] == blank else {
            throw .requestLine("the request line does not begin with a method and one blank")
        }
        head.method = line.lowerBound..<place
        let method = bytes[head.method]
        head.isPost = method.elementsEqual("POST".utf8)
        head.isHead = method.elementsEqual("HEAD".utf8)
        head.isOptions = method.elementsEqual("OPTIONS".utf8)

        let targetStart = place + 1
        place = targetStart
        while place < line.upperBound, bytes[place] > 0x20, bytes[place] < 0x7F { place += 1 }
        guard place > targetStart, place < line.upperBound, bytes[place] == blank else {
            throw .requestLine("the request target is empty, or has a character in it that must be percent-encoded")
        }
        let target = targetStart..<place
        let isVersion10 = try version(bytes[(place + 1)..<line.upperBound])
        guard !method.elementsEqual("CONNECT".utf8) else { throw .connect }
        try split(target, bytes, into: &head)
        return isVersion10
    }

    /// `HTTP/` DIGIT `.` DIGIT. A later minor version is served as 1.1 (RFC 9110 section 2.5).
    private static func version(_ text: Slice<UnsafeRawBufferPointer>) throws(FramingFault) -> Bool {
        let digits = text.dropFirst(5)
        guard text.prefix(5).elementsEqual("HTTP/".utf8), digits.count == 3,
            let major = digits.first, major.isDigit, digits[digits.startIndex + 1] == UInt8(ascii: "."),
            let minor = digits.last, minor.isDigit
        else { throw .requestLine("the request line does not end in HTTP/1.1") }
        guard major == UInt8(ascii: "1") else { throw .version }
        return minor == UInt8(ascii: "0")
    }

    /// Origin form, or absolute form reduced to it (RFC 9112 section 3.2).
    private static func split(
        _ target: Range<Int>,
        _ bytes: UnsafeRawBufferPointer,
        into head: inout RequestHead
    ) throws(FramingFault) {
        var start = target.lowerBound
        if bytes[start] != UInt8(ascii: "/") {
            let whole = bytes[target]
            let scheme = whole.prefix(8).equalsLowercase("https://") ? 8 : 7
            guard scheme == 8 || whole.prefix(7).equalsLowercase("http://") else {
                throw .requestLine("the request target is neither a path nor an http URI")
            }
            let authority = whole.dropFirst(scheme)
            let end = authority.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? target.upperBound
            guard end > authority.startIndex, HostField.isValid(bytes[authority.startIndex..<end]) else {
                throw .host("the request target's authority is not a host with an optional port")
            }
            start = end
        }
        head.target = start..<target.upperBound
        head.path = start..<(bytes[head.target].firstIndex(of: UInt8(ascii: "?")) ?? target.upperBound)
    }
}
