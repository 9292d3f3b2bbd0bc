import Foundation
import Testing

@Suite struct OpenAPITests {
    @Test(
        "the OpenAPI document that is served keeps to the specification",
        .enabled(if: ClientTests.python != nil, "there is no .venv with the clients; scripts/test makes it")
    )
    func valid() async throws {
        let python = try #require(ClientTests.python)
        let daemon = try Daemon(configuration: Samples.configuration)
        try await daemon.start()
        let answer = try await daemon.get("/api/v1/openapi.json")
        #expect(answer.status == 200)
        #expect(answer.header("content-type") == "application/json")
        let file = daemon.directory.appending(path: "openapi.json")
        try answer.body.write(to: file)
        let script = try #require(Bundle.module.url(forResource: "Fixtures/validate_openapi", withExtension: "py"))
        let outcome = try await Program.run([python, script.path, file.path])
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    }
}
