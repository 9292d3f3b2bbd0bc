import Foundation
import Testing

/// 28,185 real requests to two services, as events, through a kill and duplicates, into query, CSV and FOCUS.
///
/// The folder is not part of the project; `METERD_TEST_DATA` names it, or it lies beside the checkout.
struct AzureTrace {
    static let folder: URL? = {
        let named = ProcessInfo.processInfo.environment["METERD_TEST_DATA"].map { URL(filePath: $0) }
        let beside = Program.root.deletingLastPathComponent().appending(path: "shared/data")
        return [named, beside].compactMap { $0?.appending(path: "azure-llm-2023") }
            .first { FileManager.default.fileExists(atPath: $0.appending(path: "code.csv").path) }
    }()

    /// One event a row; the time is to the microsecond.
    static func events(of service: String, in folder: URL) throws -> [String] {
        let text = try String(contentsOf: folder.appending(path: "\(service).csv"), encoding: .utf8)
        return text.split(whereSeparator: \.isNewline).dropFirst().enumerated().map { number, line in
            let cells = line.split(separator: ",")
            let time = cells[0].replacing(" ", with: "T").prefix(26)
            return """
                {"specversion":"1.0","id":"\(service)-\(number)","source":"azure/llm-2023","type":"completion",\
                "subject":"\(service)","time":"\(time)Z","data":{"context":\(cells[1]),"generated":\(cells[2])}}
                """
        }
    }

    static let configuration = """
        server: { listen: 127.0.0.1:0 }
        log: { format: json }
        storage: { directory: DIRECTORY/store }
        meters:
          - { slug: context_tokens, eventType: completion, aggregation: SUM, valueProperty: $.context }
          - { slug: generated_tokens, eventType: completion, aggregation: SUM, valueProperty: $.generated }
          - { slug: requests, eventType: completion, aggregation: COUNT }
        destinations:
          local: { directory: DIRECTORY/reports }
        reports:
          - { name: context, format: csv, meter: context_tokens, dimensions: [subject], dateColumn: date,
              dateFormat: yyyy-MM-dd, metricColumn: context, files: daily, timeZone: UTC, grace: 1h, destination: local,
              prefix: context/, every: 24h }
          - { name: generated, format: csv, meter: generated_tokens, dimensions: [subject], dateColumn: date,
              dateFormat: yyyy-MM-dd, metricColumn: generated, files: daily, timeZone: UTC, grace: 1h,
              destination: local, prefix: generated/, every: 24h }
          - { name: focus, format: focus, version: "1.2", meters: [context_tokens, generated_tokens], destination: local,
              prefix: focus/, compression: none,
              every: 24h }
        focus:
          provider: Example Metering
          billingAccount: { id: acct-001, name: Example Org, type: Billing Account }
          currency: USD
          service: { name: Example AI, category: AI and Machine Learning, subcategory: Generative AI }
          subAccount: { id: { subject: true }, name: { subject: true }, type: Customer }
        prices:
          - { meter: context_tokens, sku: context, unit: "1000 Tokens", per: 1000, listUnitPrice: "0.002",
              currency: USD, from: 2023-01-01 }
          - { meter: generated_tokens, sku: generated, unit: "1000 Tokens", per: 1000, listUnitPrice: "0.008",
              currency: USD, from: 2023-01-01 }
        """
}

@Suite struct AzureTraceTests {
    @Test(
        "the sums of a real trace are exact in query, CSV and FOCUS after duplicates and a kill half-way",
        .enabled(
            if: AzureTrace.folder != nil,
            "the azure-llm-2023 folder is not there; set METERD_TEST_DATA to run this"
        )
    )
    func realTrace() async throws {
        let folder = try #require(AzureTrace.folder)
        var random = SeededRandom(seed: 20_231_116)
        var events = try AzureTrace.events(of: "code", in: folder) + AzureTrace.events(of: "conv", in: folder)
        #expect(events.count == 28_185)
        events.shuffle(using: &random)

        let daemon = try Daemon(configuration: AzureTrace.configuration)
        try await daemon.start()
        let batches = stride(from: 0, to: events.count, by: 500).map { Array(events[$0..<min($0 + 500, events.count)]) }
        for (number, batch) in batches.enumerated() {
            if number == batches.count / 2 {
                #expect(try await daemon.stop(SIGKILL) == 128 + SIGKILL)
                try await daemon.start()
            }
            let body = Data("[\(batch.joined(separator: ","))]".utf8)
            for _ in 0..<(number % 10 == 0 ? 2 : 1) {
                let answer = try await daemon.post(
                    "/api/v1/events",
                    type: "application/cloudevents-batch+json",
                    body: body
                )
                #expect(answer.status == 204, "\(answer.text)")
            }
        }

        let sums = [
            "context": ["code": "18059974", "conv": "22361870"], "generated": ["code": "245896", "conv": "4088665"],
        ]
        for (meter, bySubject) in sums {
            let answer = try await daemon.get(
                "/api/v1/meters/\(meter)_tokens/query?windowSize=DAY&groupBy=subject",
                headers: [("Accept", "text/csv")]
            )
            let rows = answer.text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
            #expect(rows.count == 2)
            for row in rows { #expect(row.last == bySubject[row[2]]) }

            let run = try await daemon.post(
                "/api/v1/reports/\(meter)/run",
                type: "application/json",
                body: Data(#"{"from":"2023-11-16","to":"2023-11-17"}"#.utf8)
            )
            #expect(run.status == 200, "\(run.text)")
            let csv = try String(
                contentsOf: daemon.directory.appending(path: "reports/\(meter)/\(meter)-2023-11-16.csv"),
                encoding: .utf8
            )
            let expected = bySubject.sorted { $0.key < $1.key }.map { "\"2023-11-16\",\"\($0.key)\",\"\($0.value)\"" }
            #expect(csv.split(separator: "\n").map(String.init) == ["\"date\",\"subject\",\"\(meter)\""] + expected)
        }
        let requests = try await daemon.get("/api/v1/meters/requests/query")
        #expect(requests.text.contains("\"value\":28185"))

        let run = try await daemon.post(
            "/api/v1/reports/focus/run",
            type: "application/json",
            body: Data(#"{"from":"2023-11-16","to":"2023-11-17"}"#.utf8)
        )
        #expect(run.status == 200, "\(run.text)")
        let focus = try String(
            contentsOf: daemon.directory.appending(
                path: "reports/focus/focus/data/BILLING_PERIOD=2023-11/focus-00001.csv"
            ),
            encoding: .utf8
        )
        let consumed = try FocusTable(focus).column("ConsumedQuantity", by: ["SkuId", "SubAccountId"])
        #expect(
            consumed == [
                ["context", "code"]: "18059974.0", ["context", "conv"]: "22361870.0",
                ["generated", "code"]: "245896.0", ["generated", "conv"]: "4088665.0",
            ]
        )
        #expect(try await daemon.stop() == 0)
    }
}

/// A FOCUS CSV read back by header.
struct FocusTable {
    let header: [String]
    let rows: [[String]]

    init(_ text: String) throws {
        let lines = text.split(whereSeparator: \.isNewline).map(Self.cells)
        header = try #require(lines.first)
        rows = Array(lines.dropFirst())
    }

    func column(_ name: String, by keys: [String]) throws -> [[String]: String] {
        let value = try #require(header.firstIndex(of: name))
        let indexes = try keys.map { try #require(header.firstIndex(of: $0)) }
        return Dictionary(uniqueKeysWithValues: rows.map { row in (indexes.map { row[$0] }, row[value]) })
    }

    /// RFC 4180, without line breaks in cells.
    private static func cells(_ line: Substring) -> [String] {
        var cells: [String] = [""]
        var quoted = false
        for character in line {
            if character == "\"" {
                quoted.toggle()
            } else if character == ",", !quoted {
                cells.append("")
            } else {
                cells[cells.count - 1].append(character)
            }
        }
        return cells
    }
}

/// A generator whose whole sequence follows from its seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
