extension APIPath {
    /// The path's entry: its parameters, then its operations.
    func node(tag: String, withTokens: Bool) -> JSONNode {
        let names = parameterNames.map { JSONNode.reference("parameters", $0) }
        let parameters = names.isEmpty ? [] : [(name: "parameters", value: JSONNode.array(names))]
        return .object(
            parameters + operations.map { ($0.method.rawValue, $0.node(tag: tag, withTokens: withTokens)) }
        )
    }
}

extension APIOperation {
    /// The operation's entry.
    func node(tag: String, withTokens: Bool) -> JSONNode {
        var members: [(name: String, value: JSONNode)] = [
            ("operationId", .text(id)), ("summary", .text(summary)), ("tags", [.text(tag)]),
        ]
        if let about { members.append(("description", .text(about))) }
        members.append(("security", security(withTokens: withTokens)))
        if let parameters, !parameters.isEmpty { members.append(("parameters", .array(parameters.map(\.node)))) }
        if let body { members.append(("requestBody", body.node)) }
        let yes = answers.map { (name: String($0.status), value: $0.node) }
        let no = problems(withTokens: withTokens)
            .map { (name: String($0), value: JSONNode.reference("responses", APIProblems.name(of: $0))) }
        members.append(("responses", .object(yes + no)))
        return .object(members)
    }

    /// The names beside a scheme are the scopes it needs (OpenAPI 3.1, section 4.8.30).
    private func security(withTokens: Bool) -> JSONNode {
        switch access {
        case .scope(let scope) where withTokens: [.member(APISecurity.token, [.text(scope)])]
        case .portal: [.member(APISecurity.portalToken, [])]
        case .open, .scope: []
        }
    }
}

extension APIParameter {
    fileprivate var node: JSONNode {
        var members: [(name: String, value: JSONNode)] = [
            ("name", .text(name)), ("in", "query"), ("description", .text(about)),
        ]
        if let style { members += [("style", .text(style)), ("explode", true)] }
        members.append(
            isJSON ? ("content", ["application/json": ["schema": schema.node]]) : ("schema", schema.node)
        )
        return .object(members)
    }
}

extension APIBody {
    fileprivate var node: JSONNode {
        ["required": .flag(isRequired), "content": .content(content)]
    }
}

extension APIAnswer {
    fileprivate var node: JSONNode {
        let head: [(name: String, value: JSONNode)] = [
            ("description", .text(about)), ("headers", ["X-Request-Id": .reference("headers", "RequestId")]),
        ]
        return .object(head + (content.isEmpty ? [] : [("content", .content(content))]))
    }
}

extension JSONNode {
    /// A reference to one of the document's components.
    static func reference(_ kind: String, _ name: String) -> JSONNode {
        ["$ref": .text("#/components/\(kind)/\(name)")]
    }

    /// Media types and their schemas.
    static func content(_ content: [(type: String, schema: APISchema)]) -> JSONNode {
        .object(content.map { ($0.type, ["schema": $0.schema.node]) })
    }
}
