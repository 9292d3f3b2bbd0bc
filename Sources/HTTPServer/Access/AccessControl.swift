import Observability
import Synchronization

/// The server's current access table, and the way to exchange it while requests come in.
final class AccessControl: Sendable {
    private let table: Mutex<AccessTable>
    private let exchanges = Atomic<UInt64>(0)
    private let registry: MetricsRegistry

    init(_ settings: AccessSettings, registry: MetricsRegistry) {
        self.registry = registry
        table = Mutex(AccessTable(settings, registry: registry))
    }

    /// The table as it is now.
    var current: AccessTable { table.withLock { $0 } }

    /// Changes with every exchange; cheaper to ask for than the table.
    var generation: UInt64 { exchanges.load(ordering: .acquiring) }

    /// Puts other settings in force: for every request that begins from now on.
    func update(_ settings: AccessSettings) {
        table.withLock { $0 = AccessTable(settings, former: $0, registry: registry) }
        exchanges.add(1, ordering: .acquiringAndReleasing)
    }
}
