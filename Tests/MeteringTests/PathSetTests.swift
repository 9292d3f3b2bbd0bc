import Metering
import Testing

@Suite("PathSet")
struct PathSetTests {
    /// The raw texts found, with nil for what is missing.
    static func find(_ paths: [String], in json: String) throws -> [String?] {
        let set = PathSet(try paths.map { try ValuePath($0) })
        let bytes = Array(json.utf8)
        return bytes.withUnsafeBytes { json in
            withUnsafeTemporaryAllocation(of: JSONSlice.self, capacity: max(set.count, 1)) { results in
                set.evaluate(json, into: results)
                return results[0..<set.count].map { slice in
                    slice.kind == .missing ? nil : String(decoding: slice.bytes(in: json), as: UTF8.self)
                }
            }
        }
    }

    static func kind(_ path: String, in json: String) throws -> JSONKind {
        let set = PathSet([try ValuePath(path)])
        return Array(json.utf8).withUnsafeBytes { json in
            withUnsafeTemporaryAllocation(of: JSONSlice.self, capacity: 1) { results in
                set.evaluate(json, into: results)
                return results[0].kind
            }
        }
    }

    @Test("several paths are found in one pass, in the order they were asked for")
    func severalPaths() throws {
        let json = #"{"model":"m","tokens":12,"n":{"a":[1,{"b":true}],"c":null}}"#
        #expect(
            try Self.find(
                ["$.tokens", "$.n.c", "$.model", "$.n.a[1].b", "$.n.a[0]", "$.nothing", "$.n.a[2]"],
                in: json
            )
                == ["12", "null", "\"m\"", "true", "1", nil, nil]
        )
    }

    @Test("a path and its own beginning are both found, and the same path twice")
    func overlapping() throws {
        let json = #" { "a" : { "b" : 1 } , "c" : [ 2 ] } "#
        #expect(
            try Self.find(["$.a", "$.a.b", "$.a", "$", "$.c[0]", "$.c"], in: json)
                == [#"{ "b" : 1 }"#, "1", #"{ "b" : 1 }"#, #"{ "a" : { "b" : 1 } , "c" : [ 2 ] }"#, "2", "[ 2 ]"]
        )
    }

    @Test(
        "each kind of value is told apart",
        arguments: [
            (#"{"v":1}"#, .number), (#"{"v":-0.5e3}"#, .number), (#"{"v":"1"}"#, .string), (#"{"v":true}"#, .boolean),
            (#"{"v":false}"#, .boolean), (#"{"v":null}"#, .null), (#"{"v":{}}"#, .object), (#"{"v":[]}"#, .array),
            ("{}", .missing), ("[]", .missing), ("null", .missing), ("12", .missing), ("", .missing),
            (#""v""#, .missing),
        ] as [(String, JSONKind)]
    )
    func kinds(json: String, kind: JSONKind) throws {
        #expect(try Self.kind("$.v", in: json) == kind)
    }

    @Test(
        "the data itself is a value",
        arguments: [("12", JSONKind.number), (" \"x\" ", .string), ("null", .null), ("[1]", .array)]
    )
    func root(json: String, kind: JSONKind) throws {
        #expect(try Self.kind("$", in: json) == kind)
    }

    @Test("keys are compared as they are unescaped")
    func escapedKeys() throws {
        #expect(try Self.find(["$.tokens"], in: #"{"\u0074okens":1}"#) == ["1"])
        #expect(try Self.find(["$['a\"b']", "$['é']"], in: #"{"a\"b":1,"\u00e9":2}"#) == ["1", "2"])
        #expect(try Self.find(["$['a\\\\']"], in: #"{"a\\":1}"#) == ["1"])
        #expect(
            try Self.find(["$.tokens", "$.tok"], in: #"{"toke\u006e":1,"token":2,"to":3,"tokens":4}"#) == ["4", nil]
        )
    }

    @Test("keys that share their first eight bytes are told apart, and so are keys that are longer or shorter")
    func similarKeys() throws {
        let json = #"{"prompt_tokens_in":1,"prompt_tokens_out":2,"prompt_t":3,"prompt_":4,"prompt_tokens":5}"#
        #expect(
            try Self.find(
                ["$.prompt_tokens", "$.prompt_t", "$.prompt_", "$.prompt_tokens_out", "$.prompt_tok", "$.prompt"],
                in: json
            )
                == ["5", "3", "4", "2", nil, nil]
        )
    }

    @Test("brackets, quotes and colons inside strings do not count")
    func stringsHideStructure() throws {
        let json = #"{"x":"}],{\"v\":9","y":{"z":"]}\\","w":[["\""]]},"v":1}"#
        #expect(try Self.find(["$.v"], in: json) == ["1"])
    }

    @Test("of a repeated key the first member counts, at every depth")
    func repeatedKeys() throws {
        #expect(try Self.find(["$.v"], in: #"{"v":1,"v":2}"#) == ["1"])
        #expect(try Self.find(["$.a.v"], in: #"{"a":{},"a":{"v":2}}"#) == [nil])
        #expect(try Self.find(["$.a.v", "$.b"], in: #"{"a":5,"a":{"v":2},"b":3}"#) == [nil, "3"])
        #expect(try Self.find(["$.v"], in: #"{"\u0076":1,"v":2}"#) == ["1"])
    }

    @Test("a step by number goes into arrays only, and a step by name into objects only")
    func stepsFitTheirKind() throws {
        #expect(
            try Self.find(["$.a[0]", "$.b.c", "$['0']"], in: #"{"a":{"0":1},"b":["c"],"0":7}"#) == [nil, nil, "7"]
        )
    }

    @Test("more than 64 paths are looked up together")
    func manyPaths() throws {
        let names = (0..<200).map { "key\($0)" }
        let json = "{" + names.map { "\"\($0)\":\($0.dropFirst(3))" }.joined(separator: ",") + "}"
        #expect(try Self.find(names.reversed().map { "$.\($0)" }, in: json) == (0..<200).reversed().map { "\($0)" })
    }

    @Test("a set of no paths finds nothing and does not mind")
    func noPaths() throws {
        #expect(try Self.find([], in: #"{"a":1}"#).isEmpty)
    }

    @Test("strings of every length end where they end, with and without escapes")
    func stringLengths() throws {
        for length in 0..<40 {
            let text = String(repeating: "x", count: length)
            #expect(try Self.find(["$.v"], in: "{\"k\":\"\(text)\",\"v\":\"\(text)\"}") == ["\"\(text)\""])
            #expect(try Self.find(["$.v"], in: "{\"k\":\"\(text)\\\"\",\"v\":\"\(text)\\\\\"}") == ["\"\(text)\\\\\""])
        }
    }
}
