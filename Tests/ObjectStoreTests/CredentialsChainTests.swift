import Synchronization
import Testing

@testable import ObjectStore

/// Gives one finding after the other, and the last again and again.
final class ListedSource: CredentialsSource {
    let name: String
    private let findings: Mutex<[CredentialsFinding]>
    private let asked = Mutex(0)

    var loads: Int { asked.withLock { $0 } }

    init(_ findings: [CredentialsFinding], name: String = "listed") {
        self.findings = Mutex(findings)
        self.name = name
    }

    func load() async -> CredentialsFinding {
        await Task.yield()
        asked.withLock { $0 += 1 }
        return findings.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    }
}

@Suite struct CredentialsChainTests {
    private func credentials(_ id: String, minutes: Int64? = nil) -> Credentials {
        Credentials(accessKeyID: id, secretAccessKey: "s", expires: minutes.map { $0 * 60_000_000 })
    }

    @Test("the first place that is set up counts")
    func order() async throws {
        let last = ListedSource([.found(credentials("C"))])
        let chain = CredentialsChain(
            sources: [ListedSource([.absent("no A")]), ListedSource([.found(credentials("B"))]), last],
            now: { 0 }
        )
        #expect(try await chain.credentials().accessKeyID == "B")
        #expect(last.loads == 0)
    }

    @Test("an error lists every place and why it gave nothing")
    func nowhere() async throws {
        let chain = CredentialsChain(
            sources: [ListedSource([.absent("unset")], name: "a"), ListedSource([.absent("no file")], name: "b")],
            now: { 0 }
        )
        let error = await #expect(throws: CredentialsError.self) { try await chain.credentials() }
        #expect(error?.description.hasPrefix("no credentials for S3; tried a: unset; b: no file; set one") == true)
    }

    @Test("a place that is set up and fails ends the search, so that nobody else's credentials are used")
    func failed() async throws {
        let last = ListedSource([.found(credentials("C"))])
        let chain = CredentialsChain(sources: [ListedSource([.failed("broken")]), last], now: { 0 })
        await #expect(throws: CredentialsError.self) { try await chain.credentials() }
        #expect(last.loads == 0)
    }

    @Test("many callers at once start one search")
    func singleFlight() async throws {
        let source = ListedSource([.found(credentials("A"))])
        let chain = CredentialsChain(sources: [source], now: { 0 })
        let ids = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<50 { group.addTask { try? await chain.credentials().accessKeyID } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ids.allSatisfy { $0 == "A" })
        #expect(source.loads == 1)
    }

    @Test("credentials are renewed five minutes before their end, and kept when that fails")
    func renewal() async throws {
        let time = Mutex(Int64(0))
        let source = ListedSource([
            .found(credentials("A", minutes: 60)), .failed("down"), .failed("down"),
            .found(credentials("B", minutes: 120)),
        ])
        let chain = CredentialsChain(sources: [ListedSource([.absent("no")]), source], now: { time.withLock { $0 } })
        func id(atSecond second: Int64) async throws -> String {
            time.withLock { $0 = second * 1_000_000 }
            return try await chain.credentials().accessKeyID
        }
        #expect(try await id(atSecond: 0) == "A")
        #expect(try await id(atSecond: 54 * 60 + 59) == "A")
        #expect(source.loads == 1)
        #expect(try await id(atSecond: 55 * 60) == "A")
        #expect(try await id(atSecond: 55 * 60 + 1) == "A")
        #expect(source.loads == 2)
        #expect(try await id(atSecond: 55 * 60 + 30) == "A")
        #expect(source.loads == 3)
        #expect(try await id(atSecond: 60 * 60) == "B")
    }

    @Test("credentials that are over and cannot be renewed are an error")
    func over() async throws {
        let time = Mutex(Int64(0))
        let source = ListedSource([.found(credentials("A", minutes: 60)), .failed("down")])
        let chain = CredentialsChain(sources: [source], now: { time.withLock { $0 } })
        _ = try await chain.credentials()
        time.withLock { $0 = 60 * 60_000_000 }
        await #expect(throws: CredentialsError.self) { try await chain.credentials() }
    }

    @Test("discarded credentials are asked for again, others are kept")
    func discard() async throws {
        let source = ListedSource([.found(credentials("A")), .found(credentials("B"))])
        let chain = CredentialsChain(sources: [source], now: { 0 })
        let first = try await chain.credentials()
        await chain.discard(credentials("X"))
        #expect(try await chain.credentials() == first)
        await chain.discard(first)
        #expect(try await chain.credentials().accessKeyID == "B")
    }
}
