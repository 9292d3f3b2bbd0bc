import Crypto
import NIOCore
import Synchronization

/// Cuts an object's bytes into parts and hashes them on the way. Not for use by two tasks at once.
final class PartReader {
    /// Bytes of one part. While it lives it counts as one part in memory.
    struct Part: Sendable {
        var number: Int
        var bytes: ByteBuffer
        private let claim: PartClaim

        fileprivate init(number: Int, bytes: ByteBuffer, claim: PartClaim) {
            self.number = number
            self.bytes = bytes
            self.claim = claim
        }
    }

    /// What all parts together come to.
    struct Total: Sendable {
        var sha256: String
        var bytes: Int
    }

    private let readChunk: ObjectBody.Reader
    private let declared: String?
    private let key: String
    private let plan: PartPlan
    private let count: PartCount
    private var hash = SHA256()
    private var bytes = 0
    private var number = 0
    /// What is left of the last chunk.
    private var rest: ArraySlice<UInt8> = []
    private var isAtEnd = false
    /// No slice: that would keep its first elements alive.
    private var held: [Part] = []

    init(_ body: ObjectBody, key: String, plan: PartPlan, count: PartCount) {
        readChunk = body.reader()
        declared = body.sha256
        self.key = key
        self.plan = plan
        self.count = count
    }

    /// Whether there are more bytes than these. What had to be read to know it is held, and given by ``next()`` then.
    func hasMore(than threshold: Int) async throws(ObjectStoreError) -> Bool {
        while bytes <= threshold {
            guard let part = try await read() else { return false }
            held.append(part)
        }
        return true
    }

    /// Parts that are in memory and have not been given away.
    var heldCount: Int { held.count }

    /// Gives away what is held, all at once.
    func takeHeld() -> [Part] {
        defer { held = [] }
        return held
    }

    /// The next part; nil at the end. Only the last is smaller than planned.
    func next() async throws(ObjectStoreError) -> Part? {
        return held.isEmpty ? try await read() : held.removeFirst()
    }

    private func read() async throws(ObjectStoreError) -> Part? {
        try await fill()
        guard !rest.isEmpty else { return nil }
        number += 1
        guard number <= PartPlan.limit else { throw .tooLarge(key: key, limit: PartPlan.largestObject, size: nil) }
        let claim = PartClaim(count)
        let size = plan.size(ofPart: number)
        var buffer = ByteBuffer()
        while buffer.readableBytes < size {
            try await fill()
            guard !rest.isEmpty else { break }
            let piece = rest.prefix(size - buffer.readableBytes)
            buffer.writeBytes(piece)
            rest = rest.dropFirst(piece.count)
        }
        buffer.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        bytes += buffer.readableBytes
        guard bytes <= PartPlan.largestObject else {
            throw .tooLarge(key: key, limit: PartPlan.largestObject, size: nil)
        }
        return Part(number: number, bytes: buffer, claim: claim)
    }

    /// The sum of all parts, to be asked at the end; throws when it is not what the caller of the store declared.
    func finish() throws(ObjectStoreError) -> Total {
        let found = Digest(hash).hexadecimal
        if let declared, declared != found {
            throw .body(key: key, reason: "SHA-256 \(declared) was announced, the bytes have \(found)")
        }
        return Total(sha256: found, bytes: bytes)
    }

    private func fill() async throws(ObjectStoreError) {
        while rest.isEmpty && !isAtEnd {
            do {
                if let chunk = try await readChunk() { rest = chunk[...] } else { isAtEnd = true }
            } catch {
                throw .body(key: key, reason: String(describing: error))
            }
        }
    }
}

/// How many parts are in memory.
final class PartCount: Sendable {
    private let numbers = Mutex((now: 0, peak: 0))

    /// Now.
    var now: Int { numbers.withLock(\.now) }
    /// The most there have been.
    var peak: Int { numbers.withLock(\.peak) }

    fileprivate func add(_ difference: Int) {
        numbers.withLock {
            $0.now += difference
            $0.peak = max($0.peak, $0.now)
        }
    }
}

/// One part's place in the count.
private final class PartClaim: Sendable {
    private let count: PartCount

    init(_ count: PartCount) {
        self.count = count
        count.add(1)
    }

    deinit {
        count.add(-1)
    }
}
