internal import Glibc

/// A POSIX extended regular expression for topic names, as librdkafka takes it.
final class TopicPattern {
    private var compiled = regex_t()
    /// What did not compile must not be freed.
    private var isCompiled = false

    /// A fault of an expression in the C library's words.
    struct Fault: Error {
        var words: String
    }

    init(_ expression: String) throws(Fault) {
        let code = regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB)
        guard code == 0 else {
            var text = [CChar](repeating: 0, count: 256)
            regerror(code, &compiled, &text, text.count)
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw Fault(words: String(decoding: bytes, as: UTF8.self))
        }
        isCompiled = true
    }

    deinit {
        if isCompiled { regfree(&compiled) }
    }

    func matches(_ topic: String) -> Bool { regexec(&compiled, topic, 0, nil, 0) == 0 }
}
