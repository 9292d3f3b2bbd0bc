import Foundation
import Testing

@Suite struct DurabilityTests {
    @Test("every event that was acknowledged before a kill under load is counted once, and no event twice")
    func killUnderLoad() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let posted = 400
        let acknowledged = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<posted {
                group.addTask {
                    let events = (0..<25).map { Samples.event(id: "\(number)-\($0)") }
                    let answer = try? await daemon.post(
                        "/api/v1/events",
                        type: Samples.batchType,
                        body: Samples.batch(events)
                    )
                    return answer?.status == 204
                }
                if number == posted / 2 { daemon.signal(SIGKILL) }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        _ = try await daemon.exit()
        try await daemon.start()
        let counted = Int(try await daemon.total("prompts") ?? "0") ?? 0
        #expect(counted >= acknowledged * 25)
        #expect(counted % 25 == 0, "a batch is in the log whole or not at all")

        for number in 0..<posted {
            let events = (0..<25).map { Samples.event(id: "\(number)-\($0)") }
            let answer = try await daemon.post("/api/v1/events", type: Samples.batchType, body: Samples.batch(events))
            #expect(answer.status == 204)
        }
        #expect(try await daemon.total("prompts") == "\(posted * 25)")
        #expect(try await daemon.total("tokens_total") == "\(posted * 25)")
        #expect(try await daemon.stop() == 0)
    }

    @Test("a query right after a 204 has the event in it")
    func readYourWrites() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        for number in 1...50 {
            let answer = try await daemon.post(
                "/api/v1/events",
                type: "application/cloudevents+json",
                body: Data(Samples.event(id: "\(number)").utf8)
            )
            #expect(answer.status == 204)
            #expect(try await daemon.total("prompts") == "\(number)")
        }
    }

    @Test("SIGTERM makes a checkpoint and exits 0, and the totals are there after the next start")
    func orderlyStop() async throws {
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let events = (0..<1000).map { Samples.event(id: "\($0)", tokens: "0.1") }
        #expect(
            try await daemon.post("/api/v1/events", type: Samples.batchType, body: Samples.batch(events)).status == 204
        )
        #expect(try await daemon.stop() == 0)
        try await daemon.start()
        #expect(!daemon.log.contains("replayed"))
        #expect(try await daemon.total("tokens_total") == "100")
    }

    @Test("below the disk reserve events are refused with 507 and Retry-After, and queries go on")
    func diskReserve() async throws {
        let huge = Samples.configuration.replacing("DIRECTORY/store }", with: "DIRECTORY/store, reserve: 1000000GiB }")
        let daemon = try Daemon(configuration: huge)
        try await daemon.start(expectReady: false)
        let answer = try await daemon.post(
            "/api/v1/events",
            type: "application/cloudevents+json",
            body: Data(Samples.event(id: "1").utf8)
        )
        #expect(answer.status == 507)
        #expect(answer.header("retry-after") != nil)
        #expect(try await daemon.get("/readyz").status == 503)
        #expect(try await daemon.get("/healthz").status == 200)
        #expect(try await daemon.get("/api/v1/meters/prompts/query").status == 200)
    }

    @Test(
        "a sync that fails is final: the request gets 503, the process exits 74, and a restart counts what was kept",
        .enabled(if: Program.strace != nil, "strace is not installed")
    )
    func failedSync() async throws {
        let strace = try #require(Program.strace)
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let first = try await daemon.post(
            "/api/v1/events",
            type: "application/cloudevents+json",
            body: Data(Samples.event(id: "1").utf8)
        )
        #expect(first.status == 204)
        #expect(try await daemon.stop() == 0)

        // Preparing the log's directory syncs too, so the fault waits for a sync well after the start.
        let fault = [
            strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=6+",
        ]
        try await daemon.start(wrapper: fault)
        var statuses: [Int] = []
        for number in 2..<40 {
            let body = Data(Samples.event(id: "\(number)").utf8)
            guard
                let answer = try? await daemon.post("/api/v1/events", type: "application/cloudevents+json", body: body)
            else { break }
            statuses.append(answer.status)
            if answer.status != 204 { break }
        }
        let acknowledged = statuses.count { $0 == 204 }
        #expect(statuses.last == 503)
        #expect(try await daemon.exit() == 74)

        try await daemon.start()
        let counted = Int(try await daemon.total("prompts") ?? "0") ?? 0
        #expect(counted == 1 + acknowledged || counted == 2 + acknowledged)
    }
}

extension Program {
    /// strace, where it is installed.
    static let strace: String? = ["/usr/bin/strace", "/bin/strace"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
}
