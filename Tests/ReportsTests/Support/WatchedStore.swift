import ObjectStore
import Synchronization

/// A store that counts what it is asked and can be made to fail, in front of a real one.
final class WatchedStore: ObjectStore {
    enum Trouble: Sendable, Equatable {
        case none
        /// The object does not arrive.
        case refusesPut
        /// The object arrives, but the answer is lost, as when the process is killed right after the upload.
        case losesAnswer
        /// Nothing is answered until the task is cancelled.
        case hangs
    }

    private let inner: any ObjectStore
    private let state = Mutex<(puts: [String], trouble: Trouble, tells: Bool)>(([], .none, true))
    private let gate: Gate?

    init(_ inner: any ObjectStore, gate: Gate? = nil) {
        self.inner = inner
        self.gate = gate
    }

    /// The keys put so far, in order.
    var puts: [String] { state.withLock { $0.puts } }

    var trouble: Trouble {
        get { state.withLock { $0.trouble } }
        set { state.withLock { $0.trouble = newValue } }
    }

    /// Whether `head` tells more than the size, as some servers do not.
    var tellsDigests: Bool {
        get { state.withLock { $0.tells } }
        set { state.withLock { $0.tells = newValue } }
    }

    func put(_ key: String, _ body: ObjectBody, contentType: String) async throws(ObjectStoreError) -> PutResult {
        let trouble = trouble
        await gate?.pass()
        if trouble == .hangs {
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        }
        guard trouble != .refusesPut, trouble != .hangs else { throw Self.failure }
        let result = try await inner.put(key, body, contentType: contentType)
        state.withLock { $0.puts.append(key) }
        if trouble == .losesAnswer { throw Self.failure }
        return result
    }

    func head(_ key: String) async throws(ObjectStoreError) -> ObjectHead? {
        var head = try await inner.head(key)
        if !tellsDigests { head?.sha256 = nil }
        return head
    }

    func get(_ key: String, limit: Int) async throws(ObjectStoreError) -> [UInt8]? {
        try await inner.get(key, limit: limit)
    }

    func list(prefix: String) async throws(ObjectStoreError) -> [ObjectEntry] { try await inner.list(prefix: prefix) }

    func delete(_ key: String) async throws(ObjectStoreError) { try await inner.delete(key) }

    private static let failure = ObjectStoreError.unavailable(
        target: StoreTarget(action: "PutObject", bucket: "test", key: nil),
        attempts: 1,
        reason: "the test broke the connection"
    )
}

/// Holds those who pass until it is opened, and says how many are inside at most.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var arrivals: [CheckedContinuation<Void, Never>] = []
    private(set) var arrived = 0

    func pass() async {
        arrived += 1
        for arrival in arrivals { arrival.resume() }
        arrivals = []
        guard !isOpen else { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Returns when someone has come to the gate.
    func someoneArrived() async {
        guard arrived == 0 else { return }
        await withCheckedContinuation { arrivals.append($0) }
    }

    func open() {
        isOpen = true
        for waiter in waiting { waiter.resume() }
        waiting = []
    }
}
