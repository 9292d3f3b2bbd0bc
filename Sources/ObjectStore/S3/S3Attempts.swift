/// The tries of one request: what to do after each answer. No I/O, so that every order of faults can be tested.
struct S3Attempts: Sendable {
    let target: StoreTarget
    let policy: RetryPolicy
    /// Of the settings, for messages.
    let region: String
    let endpoint: String
    /// Microseconds since 1970 when the first try began.
    let started: Int64
    /// What the body's digest was, for messages.
    let bodyHash: String

    private(set) var tries = 0
    private var followedRegion = false
    private var correctedClock = false
    private var renewedCredentials = false

    init(
        target: StoreTarget,
        policy: RetryPolicy,
        region: String,
        endpoint: String,
        started: Int64,
        bodyHash: String
    ) {
        self.target = target
        self.policy = policy
        self.region = region
        self.endpoint = endpoint
        self.started = started
        self.bodyHash = bodyHash
    }

    /// What a try came to.
    enum Outcome: Sendable {
        case judged(S3Verdict, status: Int)
        case broken(String)
    }

    /// What to do now.
    enum Action: Sendable, Equatable {
        case done
        case absent(code: String)
        case fail(ObjectStoreError)
        /// Try again after a wait.
        case wait(Duration, reason: String)
        /// Try again in another region, which holds for later requests too.
        case use(region: String)
        /// Try again with another time; microseconds to add to the one that was signed.
        case correctClock(Int64)
        /// Ask for other credentials and try again; fail with the error when they are the same.
        case renewCredentials(orFail: ObjectStoreError)
    }

    /// Takes one outcome. `chance` is in 0..<1.
    mutating func next(after outcome: Outcome, now: Int64, chance: Double) -> Action {
        tries += 1
        switch outcome {
        case .broken(let reason):
            return again(reason, now, chance, otherwise: unavailable(reason))
        case .judged(let verdict, let status):
            return next(verdict, status, now, chance)
        }
    }

    private mutating func next(_ verdict: S3Verdict, _ status: Int, _ now: Int64, _ chance: Double) -> Action {
        switch verdict {
        case .success: return .done
        case .absent(let code): return .absent(code: code)
        case .missingBucket: return .fail(.missingBucket(target: target, endpoint: endpoint))
        case .denied(let code, let message):
            return .fail(.accessDenied(target: target, code: code, message: message))
        case .refused(let code, let message):
            return .fail(.rejected(target: target, status: status, code: code, message: message))
        case .transient(let reason): return again(reason, now, chance, otherwise: unavailable(reason))
        case .corrupted(let code):
            return again(
                code,
                now,
                chance,
                otherwise: .integrity(target: target, expected: bodyHash, found: "other (\(code))")
            )
        case .elsewhere(let found):
            guard let found, !followedRegion else {
                return .fail(.wrongRegion(target: target, configured: region, found: found))
            }
            followedRegion = true
            return .use(region: found)
        case .skewed(let difference):
            guard let difference, !correctedClock else {
                return .fail(.accessDenied(target: target, code: "RequestTimeTooSkewed", message: ""))
            }
            correctedClock = true
            return .correctClock(difference)
        case .stale(let code, let message):
            let error = ObjectStoreError.accessDenied(target: target, code: code, message: message)
            guard !renewedCredentials else { return .fail(error) }
            renewedCredentials = true
            return .renewCredentials(orFail: error)
        }
    }

    private func again(
        _ reason: String,
        _ now: Int64,
        _ chance: Double,
        otherwise error: ObjectStoreError
    ) -> Action {
        let pause = policy.pause(afterTries: tries, chance: chance)
        let passed = Duration.microseconds(max(0, now - started))
        guard tries < policy.attempts, passed + pause <= policy.totalTime else { return .fail(error) }
        return .wait(pause, reason: reason)
    }

    private func unavailable(_ reason: String) -> ObjectStoreError {
        .unavailable(target: target, attempts: tries, reason: reason)
    }
}
