internal import CPlatform
internal import Glibc

/// A system call that failed: which one, on what, and what the system said.
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The call's name, as in its manual page.
    public var call: String
    /// The file or directory it was about.
    public var path: String
    /// The errno value.
    public var number: Int32

    /// Makes an error from its parts.
    public init(call: String, path: String, number: Int32) {
        self.call = call
        self.path = path
        self.number = number
    }

    /// One sentence, with the meaning and the name of the errno value.
    public var description: String {
        let meaning = String(cString: meterd_errno_meaning(number))
        return "\(call) of \(path) failed: \(meaning) (\(String(cString: meterd_errno_name(number))))"
    }

    /// The file is not there.
    var isMissing: Bool { number == ENOENT }
    /// Another one holds the lock.
    var isWouldBlock: Bool { number == EWOULDBLOCK }
}
