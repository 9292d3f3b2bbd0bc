internal import CPlatform
internal import Glibc

/// The memory of a group commit: headers go into one small buffer, payloads stay where they are, and both are named in
/// one list for the write call. Grown once, used again for every commit.
///
///     [header 0][payload 0][padding 0, header 1][payload 1][padding 1, header 2] …
struct GroupCommit: ~Copyable {
    /// The most parts one call may have (IOV_MAX on Linux).
    private static let partsOfACall = 1_024
    private static let spareBytes = FrameHeader.alignment

    private var small: UnsafeMutableRawBufferPointer
    private var smallUsed = 0
    private var parts: UnsafeMutableBufferPointer<iovec>
    private var partsUsed = 0
    /// The part of `small` that no list entry names yet begins here.
    private var open = 0
    /// Bytes of all frames in this commit.
    private(set) var bytes = 0

    init(frames: Int) {
        small = .allocate(byteCount: frames * (FrameHeader.byteCount + Self.spareBytes), alignment: 64)
        parts = .allocate(capacity: 2 * frames + 1)
    }

    deinit {
        small.deallocate()
        parts.deallocate()
    }

    /// Empties it for frames whose headers and positions take at most so many bytes.
    mutating func begin(frames: Int, headerBytes: Int) {
        let needed = headerBytes + frames * Self.spareBytes
        if small.count < needed {
            small.deallocate()
            small = .allocate(byteCount: needed, alignment: 64)
        }
        if parts.count < 2 * frames + 1 {
            parts.deallocate()
            parts = .allocate(capacity: 2 * frames + 1)
        }
        smallUsed = 0
        partsUsed = 0
        open = 0
        bytes = 0
    }

    /// Adds a frame and computes its checksums.
    mutating func add(_ draft: borrowing FrameDraft, header: FrameHeader, seed: UInt32) {
        let start = smallUsed
        let headBytes = header.payloadOffset
        precondition(small.count - start >= headBytes + Int(header.padding), "begin() was told of too few bytes")
        let head = UnsafeMutableRawBufferPointer(rebasing: small[start..<(start + headBytes)])
        header.write(to: head, seed: seed)
        if !draft.positions.isEmpty {
            FrameHeader.write(
                draft.positions,
                to: UnsafeMutableRawBufferPointer(rebasing: head[FrameHeader.byteCount...])
            )
        }
        smallUsed += headBytes
        var crc = meterd_crc32c(seed, head.baseAddress?.advanced(by: 8), headBytes - 8)
        if !draft.payload.isEmpty {
            crc = meterd_crc32c(crc, draft.payload.baseAddress, draft.payload.count)
            closeSmall()
            parts[partsUsed] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: draft.payload.baseAddress),
                iov_len: draft.payload.count
            )
            partsUsed += 1
        }
        let padding = Int(header.padding)
        if padding > 0 {
            let zeros = UnsafeMutableRawBufferPointer(rebasing: small[smallUsed..<(smallUsed + padding)])
            zeros.initializeMemory(as: UInt8.self, repeating: 0)
            crc = meterd_crc32c(crc, zeros.baseAddress, padding)
            smallUsed += padding
        }
        head.put(crc, at: 4)
        bytes += Int(header.length)
    }

    /// Writes all frames at an offset, in as few calls as there can be.
    mutating func write(to file: borrowing File, at offset: Int64) throws(SystemError) {
        closeSmall()
        var first = 0
        var done = 0
        while first < partsUsed {
            let end = min(partsUsed, first + Self.partsOfACall)
            var written = try file.write(
                parts: UnsafeBufferPointer(rebasing: parts[first..<end]),
                at: offset + Int64(done)
            )
            done += written
            while first < end, written >= parts[first].iov_len {
                written -= parts[first].iov_len
                first += 1
            }
            // A short write ended within a part: the next call begins there.
            if written > 0 {
                parts[first].iov_base = parts[first].iov_base?.advanced(by: written)
                parts[first].iov_len -= written
            }
        }
        precondition(done == bytes, "the parts are the frames")
    }

    private mutating func closeSmall() {
        guard smallUsed > open else { return }
        parts[partsUsed] = iovec(iov_base: small.baseAddress?.advanced(by: open), iov_len: smallUsed - open)
        partsUsed += 1
        open = smallUsed
    }
}
