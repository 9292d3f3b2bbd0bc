/// What one method does at a path (OpenAPI 3.1, section 4.8.10).
struct APIOperation: Sendable {
    /// The methods there are. HEAD goes with every GET, as the server answers it, and is not written down.
    enum Method: String, Sendable {
        case get, post, put, delete
    }

    /// Who may ask.
    enum Access: Sendable, Hashable {
        /// Everyone.
        case open
        /// A token with this scope, where the server has tokens.
        case scope(String)
        /// Whoever has a portal token.
        case portal
    }

    var method: Method
    /// Its name for those who generate clients.
    var id: String
    /// What it does, in a sentence.
    var summary: String
    /// What else there is to know of it.
    var about: String?
    var access: Access
    /// Nil where any are taken and none is looked at.
    var parameters: [APIParameter]?
    var body: APIBody?
    var answers: [APIAnswer]
    /// The statuses of its problem documents, beside those that follow from access, parameters and body.
    var problems: [Int]

    init(
        _ method: Method,
        _ id: String,
        _ summary: String,
        about: String? = nil,
        access: Access,
        parameters: [APIParameter]? = [],
        body: APIBody? = nil,
        answers: [APIAnswer],
        problems: [Int] = []
    ) {
        self.method = method
        self.id = id
        self.summary = summary
        self.about = about
        self.access = access
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.problems = problems
    }

    /// The statuses of all its problem documents, where the server has tokens or not.
    func problems(withTokens: Bool) -> [Int] {
        var all = Set(problems)
        switch access {
        case .open: break
        case .scope: if withTokens { all.formUnion([401, 403, 429]) }
        case .portal: all.formUnion([401, 403])
        }
        if let parameters { all.formUnion(parameters.isEmpty ? [400] : [400, 414]) }
        if body != nil { all.formUnion([413, 415]) }
        return all.sorted()
    }
}

/// A path and what can be done there.
struct APIPath: Sendable {
    /// With its parameters in braces; each of those is one of `APIPath.parameters`.
    var template: String
    var operations: [APIOperation]

    init(_ template: String, _ operations: APIOperation...) {
        self.template = template
        self.operations = operations
    }

    /// The names between braces.
    var parameterNames: [String] {
        template.split(separator: "/").filter { $0.first == "{" }.map { String($0.dropFirst().dropLast()) }
    }
}

/// A parameter of the URL's query (OpenAPI 3.1, section 4.8.12). All are optional.
struct APIParameter: Sendable {
    var name: String
    var about: String
    var schema: APISchema
    /// `form` repeats a list's name for each element; `deepObject` writes an object as `name[key]=value`.
    var style: String?
    /// Whether the value is JSON text.
    var isJSON = false

    /// One value, or a list whose elements are each given under the name.
    static func query(_ name: String, _ schema: APISchema, _ about: String) -> APIParameter {
        APIParameter(name: name, about: about, schema: schema)
    }

    /// An object, each member as `name[key]=value`.
    static func keyed(_ name: String, _ schema: APISchema, _ about: String) -> APIParameter {
        APIParameter(name: name, about: about, schema: schema, style: "deepObject")
    }

    /// A value as JSON text.
    static func json(_ name: String, _ schema: APISchema, _ about: String) -> APIParameter {
        APIParameter(name: name, about: about, schema: schema, isJSON: true)
    }
}

/// What a request carries.
struct APIBody: Sendable {
    var isRequired: Bool
    var content: [(type: String, schema: APISchema)]

    /// One JSON text.
    static func json(_ schema: APISchema, isRequired: Bool = true) -> APIBody {
        APIBody(isRequired: isRequired, content: [("application/json", schema)])
    }
}

/// An answer that says yes, or as much of it as can be said.
struct APIAnswer: Sendable {
    var status: Int
    var about: String
    var content: [(type: String, schema: APISchema)]

    /// 200 with JSON.
    static func json(_ schema: APISchema, _ about: String, status: Int = 200) -> APIAnswer {
        APIAnswer(status: status, about: about, content: [("application/json", schema)])
    }

    /// 200 with text of some type.
    static func text(_ type: String, _ about: String) -> APIAnswer {
        APIAnswer(status: 200, about: about, content: [(type, .text())])
    }

    /// 204.
    static func nothing(_ about: String) -> APIAnswer {
        APIAnswer(status: 204, about: about, content: [])
    }
}

/// Paths that belong together, with the schemas they name.
struct APIGroup: Sendable {
    /// The tag of its operations.
    var name: String
    var about: String
    var paths: [APIPath]
    /// By name, for `APISchema.named`.
    var schemas: [(name: String, schema: APISchema)]

    init(_ name: String, _ about: String, paths: [APIPath], schemas: [(name: String, schema: APISchema)] = []) {
        self.name = name
        self.about = about
        self.paths = paths
        self.schemas = schemas
    }
}
