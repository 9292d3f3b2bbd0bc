import Foundation

/// The lines of a file or pipe, one after the other, in a buffer that does not grow.
///
/// A line ends in a line feed or where the input ends; a carriage return before that, and a byte order mark at the
/// beginning of the input, belong to no line.
final class LineReader {
    /// What comes next.
    enum Line {
        /// A line's bytes, borrowed until the next call.
        case text(UnsafeRawBufferPointer)
        /// A line of more bytes than allowed; they are gone.
        case tooLong
        /// Nothing can be read yet.
        case pending
        /// There are no more lines.
        case end
    }

    /// The input cannot be read.
    struct Fault: Error, CustomStringConvertible {
        var file: String
        var code: Int32
        var description: String { "\(file) cannot be read: \(String(cString: strerror(code)))" }
    }

    /// The number of the line that came last; the first one's is 1.
    private(set) var number = 0
    /// Bytes of the input up to and with the line that came last.
    private(set) var bytesDone = 0
    /// Bytes of the input from where it stood at first; nil when it is no regular file.
    let size: Int?
    private let name: String
    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private let limit: Int
    private let buffer: UnsafeMutableRawBufferPointer
    /// What was read and is not given out: from `start` to `end`, up to `searched` without a line feed.
    private var start = 0
    private var searched = 0
    private var end = 0
    private var isAtEnd = false
    /// The line at hand is over the limit.
    private var isDropping = false

    /// Bytes of one read, at most.
    private static let chunk = 256 << 10
    /// The byte order mark, and what ends a line.
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let ending = 2

    /// Opens a file; `-` is standard input.
    ///
    /// - Parameter limit: bytes of the longest line.
    init(file: String, limit: Int) throws(Fault) {
        ownsDescriptor = file != "-"
        name = ownsDescriptor ? file : "standard input"
        descriptor = ownsDescriptor ? open(file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
        guard descriptor >= 0 else { throw Fault(file: file, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Fault(file: name, code: errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            if ownsDescriptor { close(descriptor) }
            throw Fault(file: name, code: EISDIR)
        }
        let isRegular = status.st_mode & S_IFMT == S_IFREG
        size = isRegular ? max(0, Int(status.st_size) - max(0, lseek(descriptor, 0, SEEK_CUR))) : nil
        self.limit = limit
        buffer = .allocate(byteCount: limit + Self.mark.count + Self.ending + Self.chunk, alignment: 16)
    }

    deinit {
        if ownsDescriptor { close(descriptor) }
        buffer.deallocate()
    }

    /// What errors call the input.
    var place: String { "\(name):\(number)" }

    /// The next line. Waits at most so long when there is nothing to read.
    func next(milliseconds: Int32) throws(Fault) -> Line {
        while true {
            if let feed = firstFeed() {
                defer { (start, searched) = (feed + 1, feed + 1) }
                return line(start..<feed, ends: feed + 1)
            }
            searched = end
            if isDropping || end - start > limit + Self.mark.count + Self.ending {
                isDropping = true
                bytesDone += end - start
                (start, searched, end) = (0, 0, 0)
            }
            if isAtEnd {
                guard end > start || isDropping else { return .end }
                defer { (start, searched, end) = (0, 0, 0) }
                return line(start..<end, ends: end)
            }
            guard try fill(milliseconds) else { return .pending }
        }
    }

    private func firstFeed() -> Int? {
        guard end > searched, let base = buffer.baseAddress,
            let feed = memchr(base + searched, 0x0A, end - searched)
        else { return nil }
        return UnsafeRawPointer(feed) - UnsafeRawPointer(base)
    }

    private func line(_ range: Range<Int>, ends: Int) -> Line {
        number += 1
        bytesDone += ends - start
        guard !isDropping else {
            isDropping = false
            return .tooLong
        }
        var text = UnsafeRawBufferPointer(rebasing: buffer[range])
        if number == 1, text.starts(with: Self.mark) { text = .init(rebasing: text.dropFirst(Self.mark.count)) }
        if text.last == 0x0D { text = .init(rebasing: text.dropLast()) }
        return text.count > limit ? .tooLong : .text(text)
    }

    /// Reads what there is; false when nothing came in time.
    private func fill(_ milliseconds: Int32) throws(Fault) -> Bool {
        if buffer.count - end < Self.chunk, start > 0, let base = buffer.baseAddress {
            memmove(base, base + start, end - start)
            (start, searched, end) = (0, searched - start, end - start)
        }
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&wanted, 1, milliseconds)
        if ready == 0 || (ready < 0 && errno == EINTR) { return false }
        guard ready > 0 else { throw Fault(file: name, code: errno) }
        let count = read(descriptor, buffer.baseAddress.map { $0 + end }, min(Self.chunk, buffer.count - end))
        if count < 0, errno == EINTR || errno == EAGAIN { return false }
        guard count >= 0 else { throw Fault(file: name, code: errno) }
        isAtEnd = count == 0
        end += count
        return true
    }
}
