import UsageStore

extension Engine {
    /// A secret of this store, 32 random bytes, made when it is first asked for and the same ever after; for example the
    /// key that portal tokens are signed with.
    ///
    /// - Parameter name: what it is for; secrets of different names have nothing in common.
    /// - Throws: `EngineError` when the store cannot be read or written.
    public func secret(named name: String) throws(EngineError) -> [UInt8] {
        do {
            return try store.identity("secret of \(name)") { (0..<32).map { _ in UInt8.random(in: 0...255) } }
        } catch {
            throw EngineError(error)
        }
    }
}
