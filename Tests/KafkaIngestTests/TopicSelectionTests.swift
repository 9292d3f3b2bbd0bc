import Testing

@testable import KafkaIngest

@Suite("Which topics are read")
struct TopicSelectionTests {
    private func selection(_ patterns: [String], excluding: Set<String> = []) throws -> TopicSelection {
        try TopicSelection(patterns, excluding: excluding, cluster: "main")
    }

    @Test("a name is that topic and no other")
    func name() throws {
        let selection = try selection(["usage.v1"])
        #expect(selection.includes("usage.v1"))
        #expect(!selection.includes("usage-v1"))
        #expect(!selection.includes("usage.v10"))
        #expect(selection.names == ["usage.v1"])
    }

    @Test("an expression is every topic it matches, from its beginning on")
    func expression() throws {
        let selection = try selection([#"^usage\.(eu|us)$"#])
        #expect(selection.includes("usage.eu"))
        #expect(selection.includes("usage.us"))
        #expect(!selection.includes("usage.eu.old"))
        #expect(!selection.includes("my.usage.eu"))
        #expect(selection.names.isEmpty)
    }

    @Test("neither Kafka's own topics nor the dead-letter topic are matched by an expression")
    func excluded() throws {
        let selection = try selection(["^.*"], excluding: ["rejected"])
        #expect(selection.includes("usage"))
        #expect(!selection.includes("__consumer_offsets"))
        #expect(!selection.includes("rejected"))
    }

    @Test("Kafka's own topics are read when they are named")
    func named() throws {
        #expect(try selection(["__audit"]).includes("__audit"))
    }

    @Test("an expression that is none is refused with its text")
    func badExpression() {
        #expect { try selection(["^usage("]) } throws: { "\($0)".contains("^usage(") }
    }
}
