import AsyncHTTPClient
import Foundation
import Logging
import Synchronization
import Testing

@testable import ObjectStore

/// One client for all tests; it lives as long as the process.
let testHTTP = HTTPClient.forObjectStores()

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

let testCredentials = Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "example-secret")

/// A clock that a test turns. Sleeping takes no time and moves it on.
final class TestClock: Sendable {
    private let state: Mutex<(now: Int64, sleeps: [Duration])>

    init(at now: Int64 = StoreClock.system.now()) {
        state = Mutex((now, []))
    }

    var sleeps: [Duration] { state.withLock(\.sleeps) }

    func advance(seconds: Int64) {
        state.withLock { $0.now += seconds * 1_000_000 }
    }

    var clock: StoreClock {
        StoreClock(
            now: { self.state.withLock(\.now) },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock {
                    $0.sleeps.append(duration)
                    $0.now += duration.components.seconds * 1_000_000
                }
            },
            random: { 0.5 }
        )
    }
}

extension StubServer {
    /// A store that speaks to this server.
    func store(
        region: String = "eu-west-1",
        prefix: String = "",
        credentials: any CredentialsProvider = StaticCredentials(testCredentials),
        clock: StoreClock = TestClock().clock,
        _ change: (inout S3Settings) -> Void = { _ in }
    ) throws -> S3Store {
        var settings = try S3Settings(
            bucket: "bucket",
            region: region,
            prefix: prefix,
            endpoint: origin,
            pathStyle: true
        )
        change(&settings)
        return S3Store(
            settings,
            credentials: credentials,
            http: testHTTP,
            logger: quiet,
            clock: clock
        )
    }
}

/// Runs a test with a directory that is removed afterwards.
func withTemporaryDirectory<Value>(_ test: (String) async throws -> Value) async throws -> Value {
    let url = FileManager.default.temporaryDirectory.appending(path: "objectstore-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await test(url.path)
}

/// The error that a store throws; nil when it throws none.
func failure(_ work: () async throws(ObjectStoreError) -> Void) async -> ObjectStoreError? {
    do throws(ObjectStoreError) {
        try await work()
        return nil
    } catch {
        return error
    }
}

/// Repeatable bytes: a linear congruence from a seed.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

/// A test saw another result than it can go on with.
struct Unexpected: Error, CustomStringConvertible {
    var description: String

    init(_ value: some Sendable) { description = "unexpected: \(value)" }
}

/// Says yes the first time it is asked.
final class Once: Sendable {
    private let isFirst = Mutex(true)

    func isNow() -> Bool {
        isFirst.withLock { isFirst in
            defer { isFirst = false }
            return isFirst
        }
    }
}

/// Each thing a store does, to a small object.
enum Operation: CaseIterable {
    case put, head, get, list, delete

    func run(on store: some ObjectStore) async throws(ObjectStoreError) {
        switch self {
        case .put: _ = try await store.put("k", .bytes([1]), contentType: "text/plain")
        case .head: _ = try await store.head("k")
        case .get: _ = try await store.get("k", limit: 1)
        case .list: _ = try await store.list(prefix: "")
        case .delete: try await store.delete("k")
        }
    }
}
