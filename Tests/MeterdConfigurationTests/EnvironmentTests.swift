import Foundation
import MeterdConfiguration
import ReportDefinitions
import Testing

@Suite("values from the environment")
struct EnvironmentTests {
    private func directory(_ written: String, _ environment: [String: String]) throws -> String {
        try Sample.parse("storage: { directory: \"\(written)\" }", environment).storage.directory
    }

    @Test(
        "are filled in where ${NAME} stands",
        arguments: [
            ("${A}", "x"), ("a/${A}/${B}", "a/x/y z"), ("$${A}", "${A}"), ("$${A}${A}", "${A}x"), ("$A $", "$A $"),
            ("${C:-d e}", "d e"), ("${EMPTY:-d}", "d"), ("a${EMPTY}b", "ab"), ("${A:-d}", "x"), ("${C:-}a", "a"),
        ]
    )
    func filled(written: String, expected: String) throws {
        #expect(try directory(written, ["A": "x", "B": "y z", "EMPTY": ""]) == expected)
    }

    @Test("are read by the key they stand under, as if they were written there")
    func typed() throws {
        let text = """
            server: { limits: { body: "${SIZE}" } }
            destinations: { a: { s3: { bucket: abc, region: r, pathStyle: "${STYLE}", endpoint: "http://${HOST}:9000" } } }
            """
        let configuration = try Sample.parse(text, ["SIZE": "9MiB", "STYLE": "true", "HOST": "127.0.0.1"])
        #expect(configuration.server.limits.body == 9 << 20)
        guard case .s3(let bucket) = configuration.destinations[0].kind else {
            Issue.record("no bucket")
            return
        }
        #expect(bucket.pathStyle && bucket.endpoint == "http://127.0.0.1:9000")
    }

    @Test("are text, never YAML, whatever they hold")
    func noStructure() throws {
        #expect(
            try directory(
                "${A}",
                ["A": "x }\nlog: { level: debug } # ${B}"].mapValues { $0.replacing("\n", with: " ") }
            )
                == "x } log: { level: debug } # ${B}"
        )
    }

    @Test(
        "never show in an error, whatever value they replace",
        arguments: ["config/meterd.yaml", "config/demo.yaml"],
        ["sekrit*|0 }", "sekrit * * * *", "$.sekrit..x", "sekritt", "-7.125"]
    )
    func hidden(file: String, secret: String) throws {
        let text = try Sample.file(file)
        var environment = Sample.environment
        environment["SECRET"] = secret
        var refused = 0
        for value in text.matches(of: try Regex(": ([^{}\\[\\],\\n#]+)", as: (Substring, Substring).self)) {
            let changed = text.replacingCharacters(
                in: value.output.1.startIndex..<value.output.1.endIndex,
                with: "\"${SECRET}\""
            )
            for error in Sample.errors(changed, environment) {
                refused += 1
                #expect(!error.contains("sekrit") && !error.contains("7.125"), "\(error)")
            }
        }
        #expect(refused > 20)
    }

    @Test("an error shows what is written in place of a value from the environment")
    func shown() {
        #expect(
            Sample.errors("log: { level: \"${LEVEL}\" }", ["LEVEL": "infos"]) == [
                "c.yaml:1:15: log.level: '${LEVEL}' (filled in from the environment) is not a level; "
                    + "one of trace, debug, info, notice, warning, error, critical"
            ]
        )
    }
}
