import AsyncHTTPClient
import Foundation
import Logging
import ObjectStore
import ReportDefinitions

/// Makes the object store behind each configured destination; all buckets share one HTTP client.
final class DestinationStores: Sendable {
    private let http = HTTPClient.forObjectStores()
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Refuses destinations that no store can be made for, before anything is opened.
    static func check(_ destinations: [Destination]) throws(ObjectStoreError) {
        for destination in destinations {
            if case .s3(let bucket) = destination.kind { _ = try settings(for: bucket) }
        }
    }

    /// The destinations' stores by name.
    func stores(for destinations: [Destination]) throws(ObjectStoreError) -> [String: any ObjectStore] {
        var stores: [String: any ObjectStore] = [:]
        for destination in destinations {
            switch destination.kind {
            case .directory(let path): stores[destination.name] = DirectoryStore(root: path)
            case .s3(let bucket): stores[destination.name] = try store(for: bucket)
            }
        }
        return stores
    }

    /// Closes the connections.
    func close() async throws { try await http.shutdown() }

    private func store(for bucket: S3Destination) throws(ObjectStoreError) -> S3Store {
        S3Store(try Self.settings(for: bucket), credentials: credentials(for: bucket), http: http, logger: logger)
    }

    private static func settings(for bucket: S3Destination) throws(ObjectStoreError) -> S3Settings {
        try S3Settings(
            bucket: bucket.bucket,
            region: bucket.region,
            prefix: bucket.prefix,
            endpoint: bucket.endpoint,
            pathStyle: bucket.pathStyle
        )
    }

    private func credentials(for bucket: S3Destination) -> any CredentialsProvider {
        if let own = bucket.credentials {
            return StaticCredentials(
                Credentials(
                    accessKeyID: own.accessKeyID,
                    secretAccessKey: own.secretAccessKey,
                    sessionToken: own.sessionToken
                )
            )
        }
        return CredentialsChain.standard(
            environment: ProcessInfo.processInfo.environment,
            profile: bucket.profile,
            region: bucket.region,
            http: http
        )
    }
}
