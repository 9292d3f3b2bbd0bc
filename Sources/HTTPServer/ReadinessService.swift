/// One thing readiness looks at.
public struct ReadinessCheck: Sendable, Hashable {
    /// What it is, one word or two joined by a colon, such as `kafka:main`.
    public var name: String
    /// Nothing stands against sending events here.
    public var ok: Bool
    /// How it stands, as a person should read it.
    public var detail: String

    /// Makes one.
    public init(name: String, ok: Bool, detail: String) {
        self.name = name
        self.ok = ok
        self.detail = detail
    }
}

/// A part of the daemon that has a say in readiness.
public protocol ReadinessService: Sendable {
    /// How it stands now. Asked for on every `/readyz`, so it answers from memory.
    var readinessChecks: [ReadinessCheck] { get }
}
