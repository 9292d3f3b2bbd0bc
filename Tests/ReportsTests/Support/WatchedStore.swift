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
        /// Nobody may put anything, until someone changes that.
        case deniesPut
        /// What is not there is not told, as S3 does to those who may not list.
        case hidesAbsence
        /// Nobody may list anything, until someone changes that.
        case deniesList
        /// Keys that hold a text are not taken, whoever asks.
        case refusesKeys(String)
    }

    /// A change of what is stored.
    enum Change: Sendable, Hashable {
        case put(String)
        case delete(String)
    }

    private struct State {
        var changes: [Change] = []
        var trouble = Trouble.none
        var tells = true
        var changesLeft: Int?
        var watcher: (@Sendable (Change) throws -> Void)?
    }

    private let inner: any ObjectStore
    private let state = Mutex(State())
    private let gate: Gate?

    init(_ inner: any ObjectStore, gate: Gate? = nil) {
        self.inner = inner
        self.gate = gate
    }

    /// The keys put so far, in order.
    var puts: [String] {
        state.withLock { $0.changes.compactMap { if case .put(let key) = $0 { key } else { nil } } }
    }

    /// The changes so far, in order.
    var changes: [Change] { state.withLock { $0.changes } }

    /// Forgets the changes so far.
    func forgetChanges() { state.withLock { $0.changes = [] } }

    var trouble: Trouble {
        get { state.withLock { $0.trouble } }
        set { state.withLock { $0.trouble = newValue } }
    }

    /// Whether `head` tells more than the size, as some servers do not.
    var tellsDigests: Bool {
        get { state.withLock { $0.tells } }
        set { state.withLock { $0.tells = newValue } }
    }

    /// How many changes are made before nothing is answered any more, as when the process is killed right after the last
    /// of them; nil: any number.
    var changesLeft: Int? {
        get { state.withLock { $0.changesLeft } }
        set { state.withLock { $0.changesLeft = newValue } }
    }

    /// Called after every change.
    func watch(_ watcher: (@Sendable (Change) throws -> Void)?) { state.withLock { $0.watcher = watcher } }

    func put(_ key: String, _ body: ObjectBody, contentType: String) async throws(ObjectStoreError) -> PutResult {
        let trouble = trouble
        await gate?.pass()
        if trouble == .hangs {
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        }
        guard trouble != .refusesPut, trouble != .hangs else { throw Self.failure }
        if trouble == .deniesPut { throw Self.denied("PutObject", key) }
        if case .refusesKeys(let text) = trouble, key.contains(text) {
            let target = StoreTarget(action: "PutObject", bucket: "test", key: key)
            throw .rejected(target: target, status: 400, code: "InvalidRequest", message: "the test says no")
        }
        try checkAlive()
        let result = try await inner.put(key, body, contentType: contentType)
        try changed(.put(key))
        if trouble == .losesAnswer { throw Self.failure }
        return result
    }

    func head(_ key: String) async throws(ObjectStoreError) -> ObjectHead? {
        try checkAlive()
        var head = try await inner.head(key)
        if head == nil, trouble == .hidesAbsence { throw Self.denied("HeadObject", key) }
        if !tellsDigests { head?.sha256 = nil }
        return head
    }

    func get(_ key: String, limit: Int) async throws(ObjectStoreError) -> [UInt8]? {
        try await inner.get(key, limit: limit)
    }

    func list(prefix: String) async throws(ObjectStoreError) -> [ObjectEntry] {
        try checkAlive()
        if trouble == .deniesList { throw Self.denied("ListObjectsV2", prefix) }
        return try await inner.list(prefix: prefix)
    }

    func delete(_ key: String) async throws(ObjectStoreError) {
        try checkAlive()
        try await inner.delete(key)
        try changed(.delete(key))
    }

    private func checkAlive() throws(ObjectStoreError) {
        if changesLeft == 0 { throw Self.failure }
    }

    /// Notes a change that was made; the last one that is allowed is not answered.
    private func changed(_ change: Change) throws(ObjectStoreError) {
        let (watcher, left) = state.withLock { state in
            state.changes.append(change)
            if let left = state.changesLeft { state.changesLeft = left - 1 }
            return (state.watcher, state.changesLeft)
        }
        do {
            try watcher?(change)
        } catch {
            throw .body(key: "", reason: "\(error)")
        }
        if left == 0 { throw Self.failure }
    }

    private static func denied(_ action: String, _ key: String) -> ObjectStoreError {
        let target = StoreTarget(action: action, bucket: "test", key: key)
        return .accessDenied(target: target, code: "AccessDenied", message: "the test says no")
    }

    private static let failure = ObjectStoreError.unavailable(
        target: StoreTarget(action: "PutObject", bucket: "test", key: nil),
        attempts: 1,
        reason: "the test broke the connection"
    )
}
