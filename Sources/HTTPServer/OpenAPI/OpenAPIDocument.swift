/// The description of everything the server answers, as OpenAPI 3.1 has it (https://spec.openapis.org/oas/v3.1.1).
///
/// It is written in the groups beside this file. A test compares it with the router's table in both directions, and another
/// lets schemathesis hold the server to it.
struct OpenAPIDocument: Sendable {
    /// Whether the server has tokens: only then operations ask for one.
    let withTokens: Bool

    /// The parts of the API in the order in which people read them.
    static let groups: [APIGroup] = [
        .events, .meters, .usage, .portal, .explanations, .corrections, .reports, .operation,
    ]

    /// Every path.
    static var paths: [APIPath] { groups.flatMap(\.paths) }

    /// The document in JSON.
    var json: [UInt8] {
        var json = JSONWriter()
        node.write(&json)
        return json.bytes
    }

    private var node: JSONNode {
        [
            "openapi": "3.1.1",
            "info": [
                "title": "meterd",
                "version": "1",
                "summary": "Counts CloudEvents per meter, and explains what it counted.",
                "description": .text(Self.about),
                "license": ["name": "Apache License 2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "tags": .array(Self.groups.map { ["name": .text($0.name), "description": .text($0.about)] }),
            "paths": .object(
                Self.groups.flatMap { group in
                    group.paths.map { ($0.template, $0.node(tag: group.name, withTokens: withTokens)) }
                }
            ),
            "components": components,
        ]
    }

    private var components: JSONNode {
        let own = [(name: "Problem", schema: APIProblems.schema)]
        return [
            "securitySchemes": APISecurity.schemes(withTokens: withTokens),
            "parameters": .object(APIPath.parameters.map { ($0.name, Self.parameter($0.name, $0.about, $0.schema)) }),
            "headers": APIProblems.headers,
            "responses": APIProblems.responses,
            "schemas": .object((own + Self.groups.flatMap(\.schemas)).map { ($0.name, $0.schema.node) }),
        ]
    }

    private static func parameter(_ name: String, _ about: String, _ schema: APISchema) -> JSONNode {
        [
            "name": .text(name), "in": "path", "required": true, "description": .text(about), "schema": schema.node,
        ]
    }

    private static let about = """
        The paths below `/api/v1` are those of OpenMeter's API for metering, so that its clients work with another URL; the \
        rest is meterd's own. HEAD is answered wherever GET is. Numbers are exact decimals. Every answer that says no is a \
        problem document (RFC 9457). Beside the statuses of each operation, a message that is no proper HTTP is answered with \
        400, 408, 413, 414, 417, 431, 501 or 505, whatever its path.
        """
}

extension APIPath {
    /// What can stand between braces.
    static let parameters: [(name: String, about: String, schema: APISchema)] = [
        ("meter", "The meter's slug or id.", .text(1 ... .max)),
        ("slug", "The meter's slug.", .text(1 ... .max)),
        ("dimension", "The name of a dimension of the meter, or `subject`.", .text(1 ... .max)),
        ("report", "The report's name.", .text(1 ... .max)),
    ]
}
