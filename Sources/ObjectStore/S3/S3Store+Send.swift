import Logging
import NIOHTTP1
import Synchronization

extension S3Store {
    /// Sends a request until it succeeds or must fail. nil: what it is about is not there.
    func send(_ request: S3Request, retry: RetryPolicy? = nil) async throws(ObjectStoreError) -> HTTPExchange.Answer? {
        var tries = attempts(request, retry ?? settings.retry)
        var signedWith = try await currentCredentials()
        while true {
            let (region, offset) = learned.withLock { ($0.region, $0.clockOffset) }
            let (answer, outcome) = try await attempt(request, signedWith, region, offset)
            switch tries.next(after: outcome, now: clock.now(), chance: clock.random()) {
            case .done:
                learned.withLock { $0.bucketExists = true }
                return answer
            case .absent(let code):
                if code == "NoSuchKey" { learned.withLock { $0.bucketExists = true } }
                return nil
            case .fail(let error):
                if case .accessDenied(let target, "AccessDenied", _) = error, (try? await isBucketMissing()) == true {
                    throw .missingBucket(target: target, endpoint: server)
                }
                throw error
            case .wait(let pause, let reason):
                logger.info(
                    "trying again",
                    metadata: ["request": "\(tries.target)", "after": "\(pause)", "reason": "\(reason)"]
                )
                do { try await clock.sleep(pause) } catch { throw .cancelled(target: tries.target) }
                signedWith = try await currentCredentials()
            case .use(let region):
                logger.warning(
                    "the bucket is in another region",
                    metadata: ["bucket": "\(settings.bucket)", "region": "\(region)"]
                )
                learned.withLock { $0.region = region }
            case .correctClock(let difference):
                logger.warning(
                    "the clock differs from the server's",
                    metadata: ["seconds": "\(difference / 1_000_000)"]
                )
                // Not added to what is there now: a request beside this one may have put the same right.
                learned.withLock { $0.clockOffset = offset + difference }
            case .renewCredentials(let error):
                await credentials.discard(signedWith)
                let renewed = try await currentCredentials()
                guard renewed != signedWith else { throw error }
                signedWith = renewed
            }
        }
    }

    private func attempt(
        _ request: S3Request,
        _ credentials: Credentials,
        _ region: String,
        _ offset: Int64
    ) async throws(ObjectStoreError) -> (HTTPExchange.Answer?, S3Attempts.Outcome) {
        let signed = request.signed(
            settings.addressing,
            region: region,
            credentials: credentials,
            at: clock.now() + offset
        )
        do throws(HTTPExchange.Fault) {
            let answer = try await http.send(signed, limit: request.limit, timeout: settings.requestTimeout)
            let verdict = S3Verdict(
                answer,
                region: region,
                now: clock.now() + offset,
                answersInBody: request.action == "CompleteMultipartUpload"
            )
            return (answer, .judged(verdict, status: answer.status))
        } catch {
            switch error {
            case .broken(let reason): return (nil, .broken(reason))
            case .cancelled: throw .cancelled(target: target(request))
            case .tooLarge(let size): throw .tooLarge(key: request.key ?? "", limit: request.limit, size: size)
            }
        }
    }

    private func attempts(_ request: S3Request, _ retry: RetryPolicy) -> S3Attempts {
        S3Attempts(
            target: target(request),
            policy: retry,
            region: settings.region,
            endpoint: server,
            started: clock.now(),
            bodyHash: request.body?.digest.hexadecimal ?? "none"
        )
    }

    private func currentCredentials() async throws(ObjectStoreError) -> Credentials {
        do throws(CredentialsError) {
            return try await credentials.credentials()
        } catch {
            throw .credentials(error)
        }
    }

    func wholeKey(_ key: String) throws(ObjectStoreError) -> String {
        try ObjectKey.check(key, prefix: settings.prefix)
        return settings.prefix + key
    }

    func target(_ request: S3Request) -> StoreTarget {
        StoreTarget(action: request.action, bucket: settings.bucket, key: request.key)
    }

    func unreadable(_ request: S3Request, _ reason: String) -> ObjectStoreError {
        .rejected(target: target(request), status: 200, code: "unreadable answer", message: reason)
    }

    var server: String {
        let url = settings.addressing.server(region: settings.region)
        return url.origin + url.path
    }
}
