import Metering
import Testing

@Suite("ValuePath")
struct ValuePathTests {
    @Test(
        "every way to name one place is read",
        arguments: [
            ("$", []), ("$.tokens", [.member("tokens")]), ("$.a.b", [.member("a"), .member("b")]),
            ("$['a b']", [.member("a b")]), ("$[\"x\"]", [.member("x")]), ("$[ 'x' ]", [.member("x")]),
            ("$.items[0].n", [.member("items"), .element(0), .member("n")]), ("$[12]", [.element(12)]),
            ("$.duration-ms", [.member("duration-ms")]), ("$._x9", [.member("_x9")]), ("$.größe", [.member("größe")]),
            ("$['it\\'s']", [.member("it's")]), ("$[\"a.b\"]['c']", [.member("a.b"), .member("c")]),
            ("$['\\u00e9\\uD83D\\uDE00\\n']", [.member("é😀\n")]), ("$['']", [.member("")]),
            ("$.0", [.member("0")]),
        ] as [(String, [ValuePath.Segment])]
    )
    func reads(text: String, segments: [ValuePath.Segment]) throws {
        let path = try ValuePath(text)
        #expect(path.segments == segments)
        #expect(path.description == text)
    }

    @Test(
        "what could name more than one place, or none, is refused by name and column",
        arguments: [
            ("", 1, .noRoot), ("tokens", 1, .noRoot), (" $.a", 1, .noRoot), ("$.*", 3, .wildcard),
            ("$.a[*]", 5, .wildcard),
            ("$..a", 3, .recursiveDescent), ("$.a..b", 5, .recursiveDescent), ("$[?(@.a)]", 3, .filter),
            ("$[(@.length)]", 3, .script), ("$[1:2]", 4, .slice), ("$[:2]", 3, .slice), ("$[1,2]", 4, .union),
            ("$['a','b']", 6, .union), ("$[-1]", 3, .negativeElement), ("$[65536]", 3, .elementTooLarge),
            ("$[99999999999999999999999]", 3, .elementTooLarge), ("$[01]", 3, .leadingZero), ("$.", 3, .missingName),
            ("$.a.", 5, .missingName), ("$.[0]", 3, .missingName), ("$['a", 3, .unterminatedName),
            ("$['a\\", 5, .unterminatedName), ("$['\\x']", 4, .badEscape), ("$['\\uD800']", 4, .badEscape),
            ("$['\\u12']", 4, .badEscape), ("$['a\nb']", 5, .controlCharacter), ("$[0", 4, .missingBracket),
            ("$[", 3, .missingBracket), ("$['a'", 6, .missingBracket), ("$a", 2, .unexpected("a")),
            ("$.a b", 4, .unexpected(" ")), ("$[a]", 3, .unexpected("a")), ("$[]", 3, .unexpected("]")),
            ("$.a ", 4, .unexpected(" ")), ("$['a'x]", 6, .unexpected("x")),
        ] as [(String, Int, ValuePathError.Problem)]
    )
    func refuses(text: String, column: Int, problem: ValuePathError.Problem) {
        let error = #expect(throws: ValuePathError.self) { try ValuePath(text) }
        #expect(error?.column == column)
        #expect(error?.problem == problem)
    }

    @Test("a path may be 1024 bytes and 32 steps long, and no longer")
    func limits() throws {
        _ = try ValuePath("$" + String(repeating: ".a", count: 32))
        #expect(
            throws: ValuePathError(
                path: "$" + String(repeating: ".a", count: 33),
                column: 66,
                problem: .tooManySegments
            )
        ) {
            try ValuePath("$" + String(repeating: ".a", count: 33))
        }
        let long = "$." + String(repeating: "a", count: 1023)
        #expect(throws: ValuePathError(path: long, column: 1, problem: .tooLong)) { try ValuePath(long) }
    }

    @Test("an error says where, what is wrong and what is allowed")
    func message() {
        let error = #expect(throws: ValuePathError.self) { try ValuePath("$.items[*].n") }
        #expect(
            error?.description
                == "path \"$.items[*].n\", column 9: wildcards (*) are not supported; allowed are $, .name, ['name'], "
                + "[\"name\"] and [0]"
        )
    }

    @Test("paths are equal when they name the same place, and names are compared byte by byte")
    func equality() throws {
        #expect(try ValuePath("$.a['b']") == ValuePath("$[\"a\"].b"))
        #expect(try ValuePath("$.a.b").hashValue == ValuePath("$['a'].b").hashValue)
        #expect(try ValuePath("$[0]") != ValuePath("$['0']"))
        #expect(try ValuePath("$['\\u00e9']") != ValuePath("$['e\\u0301']"))
    }
}
