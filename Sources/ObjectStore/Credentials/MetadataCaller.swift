import Foundation

/// Asks a service that gives credentials, a few times when it does not answer well.
struct MetadataCaller: Sendable {
    let http: HTTPExchange
    let clock: StoreClock

    /// How long to go on.
    struct Patience: Sendable {
        var attempts: Int
        /// For one try.
        var timeout: Duration
    }

    /// No answer, or one of 5xx or 429 each time.
    struct Fault: Error {
        var reason: String
    }

    /// Bytes of an answer.
    static let limit = 256 << 10
    /// The longest wait between two tries doubles from this.
    static let pause = Duration.milliseconds(200)

    func call(_ request: HTTPExchange.Request, _ patience: Patience) async -> Result<HTTPExchange.Answer, Fault> {
        var reason = ""
        for attempt in 1...patience.attempts {
            do throws(HTTPExchange.Fault) {
                let answer = try await http.send(request, limit: Self.limit, timeout: patience.timeout)
                guard answer.status >= 500 || answer.status == 429 else { return .success(answer) }
                reason = "status \(answer.status)"
            } catch {
                switch error {
                case .broken(let text): reason = text
                case .tooLarge: return .failure(Fault(reason: "the answer is larger than \(Self.limit) bytes"))
                case .cancelled: return .failure(Fault(reason: "cancelled"))
                }
            }
            if attempt < patience.attempts {
                try? await clock.sleep(Self.pause * (1 << (attempt - 1)) * clock.random())
            }
        }
        return .failure(Fault(reason: "\(reason) (\(patience.attempts) tries)"))
    }

    /// Reads what the container's and the instance's metadata service give.
    static func credentials(_ json: [UInt8]) -> Credentials? {
        guard let document = try? JSONDecoder().decode(MetadataDocument.self, from: Data(json)) else { return nil }
        guard document.Code == nil || document.Code == "Success" else { return nil }
        let expires = document.Expiration.map { UTCTime(iso8601: $0) }
        if case .some(.none) = expires { return nil }
        return Credentials(
            accessKeyID: document.AccessKeyId,
            secretAccessKey: document.SecretAccessKey,
            sessionToken: document.Token,
            expires: expires??.microseconds
        )
    }
}

/// The names are the service's.
private struct MetadataDocument: Decodable {
    var Code: String?
    var AccessKeyId: String
    var SecretAccessKey: String
    var Token: String?
    var Expiration: String?
}
