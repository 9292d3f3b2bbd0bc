public import AsyncHTTPClient
import Synchronization

/// Finds credentials as AWS's own tools do: the first place that is set up counts, and is asked again before they end.
public actor CredentialsChain: CredentialsProvider {
    private let sources: [any CredentialsSource]
    private let now: @Sendable () -> Int64
    private var current: Credentials?
    /// The source that gave the first credentials; later ones come from there too.
    private var chosen: (any CredentialsSource)?
    /// The one search that all callers wait for.
    private var search: Task<Result<Credentials, CredentialsError>, Never>?
    private var nextRenewal: Int64 = .min

    init(sources: [any CredentialsSource], now: @escaping @Sendable () -> Int64) {
        self.sources = sources
        self.now = now
    }

    /// The environment, web identity, the shared files, the container's and the EC2 instance's metadata, in this order.
    ///
    /// - Parameters:
    ///   - environment: the process's variables.
    ///   - profile: of the shared files. When it is given, only they are asked, as AWS's tools do.
    ///   - region: for STS, when neither the environment nor the profile names one.
    ///   - http: see `HTTPClient.forObjectStores()`.
    public static func standard(
        environment: [String: String],
        profile: String?,
        region: String,
        http: HTTPClient,
        clock: StoreClock = .system
    ) -> CredentialsChain {
        let caller = MetadataCaller(http: HTTPExchange(client: http), clock: clock)
        let environment = AWSEnvironment(environment)
        let tokens = SecurityTokenService(caller: caller, environment: environment, region: region)
        let container = ContainerCredentials(caller: caller, environment: environment)
        let instance = InstanceCredentials(caller: caller, environment: environment)
        let files = ProfileCredentials(
            environment: environment,
            profile: profile,
            tokens: tokens,
            named: [
                "Environment": EnvironmentCredentials(environment: environment), "EcsContainer": container,
                "Ec2InstanceMetadata": instance,
            ]
        )
        guard profile == nil else { return CredentialsChain(sources: [files], now: clock.now) }
        return CredentialsChain(
            sources: [
                EnvironmentCredentials(environment: environment),
                WebIdentityCredentials(environment: environment, tokens: tokens), files, container, instance,
            ],
            now: clock.now
        )
    }

    /// Those at hand, or new ones when they are about to end. Callers at the same time share one search.
    public func credentials() async throws(CredentialsError) -> Credentials {
        if let current, !isDue(current) { return current }
        let result = await joinSearch()
        if case .failure = result, let current, !isOver(current) { return current }
        return try result.get()
    }

    /// Forgets credentials, if they are still the ones at hand.
    public func discard(_ refused: Credentials) {
        guard current == refused else { return }
        current = nil
    }

    /// Between looking for `search` and setting it there is no `await`, so two callers never start two searches.
    private func joinSearch() async -> Result<Credentials, CredentialsError> {
        if let search { return await search.value }
        let search = Task { await self.find() }
        self.search = search
        return await search.value
    }

    private func find() async -> Result<Credentials, CredentialsError> {
        var attempts: [CredentialsError.Attempt] = []
        defer { search = nil }
        for source in chosen.map({ [$0] }) ?? sources {
            switch await source.load() {
            case .found(let credentials) where isOver(credentials):
                attempts.append(.init(source: source.name, outcome: "what it gives is over already"))
                return failed(attempts)
            case .found(let credentials):
                chosen = source
                current = credentials
                nextRenewal = .min
                return .success(credentials)
            case .absent(let reason):
                attempts.append(.init(source: source.name, outcome: reason))
            case .failed(let reason):
                attempts.append(.init(source: source.name, outcome: reason))
                return failed(attempts)
            }
        }
        return failed(attempts)
    }

    private func failed(_ attempts: [CredentialsError.Attempt]) -> Result<Credentials, CredentialsError> {
        nextRenewal = now() + Self.renewalPause
        return .failure(CredentialsError(attempts: attempts))
    }

    private func isOver(_ credentials: Credentials) -> Bool {
        credentials.expires.map { $0 <= now() } ?? false
    }

    /// Whether to ask for new ones. While the old ones hold, a source that failed has a pause.
    private func isDue(_ credentials: Credentials) -> Bool {
        guard let expires = credentials.expires else { return false }
        let time = now()
        return time >= expires || (time >= expires - Self.renewalLead && time >= nextRenewal)
    }

    /// Before their end, in microseconds, new credentials are asked for.
    static let renewalLead: Int64 = 5 * 60 * 1_000_000
    /// After a failed renewal, in microseconds.
    static let renewalPause: Int64 = 30 * 1_000_000
}
