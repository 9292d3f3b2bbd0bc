import ObjectStore
import ReportDefinitions

extension ReportRun {
    /// What the destination tells of an object.
    func head(_ key: String) async throws(ReportError) -> ObjectHead? {
        do throws(ObjectStoreError) {
            return try await store.head(key)
        } catch {
            throw failure(key, error)
        }
    }

    /// Whether there is an object; no where the server does not tell, as S3 does not tell those who may not list that there
    /// is none.
    func mayExist(_ key: String) async throws(ReportError) -> Bool {
        do throws(ObjectStoreError) {
            return try await store.head(key) != nil
        } catch {
            if case .accessDenied = error { return false }
            throw failure(key, error)
        }
    }

    /// The keys that begin with a prefix.
    func list(prefix: String) async throws(ReportError) -> [String] {
        do throws(ObjectStoreError) {
            return try await store.list(prefix: prefix).map(\.key)
        } catch {
            throw failure(prefix, error)
        }
    }

    func delete(_ key: String) async throws(ReportError) {
        do throws(ObjectStoreError) {
            try await store.delete(key)
        } catch {
            throw failure(key, error)
        }
    }

    /// Puts a file.
    func put(_ object: DeliveryObject) async throws(ReportError) -> ObjectState {
        let result: PutResult
        do throws(ObjectStoreError) {
            result = try await store.put(object.key, object.body, contentType: object.contentType)
        } catch {
            throw failure(object.key, error)
        }
        guard result.sha256 == object.sha256, result.bytes == object.bytes else {
            throw .storage(
                report: report.name,
                reason:
                    "the bytes sent as \(object.key) are not the bytes that were made; the disk of the spool directory "
                    + "\(spool.directory) gives back something else than was written"
            )
        }
        return ObjectState(sha256: object.sha256, bytes: object.bytes, etag: result.etag)
    }

    private func failure(_ key: String, _ error: ObjectStoreError) -> ReportError {
        if case .cancelled = error { return .cancelled(report: report.name) }
        return .destination(
            report: report.name,
            key: key,
            destination: report.destination,
            reason: "\(error)",
            passing: error.isPassing
        )
    }
}

extension ObjectStoreError {
    /// Whether the same request may succeed a little later, with nobody doing anything about it.
    fileprivate var isPassing: Bool {
        switch self {
        case .unavailable, .disk, .credentials, .integrity, .body, .cancelled: true
        case .invalidKey, .invalidSettings, .tooLarge, .tooMany, .accessDenied, .wrongRegion, .missingBucket, .rejected:
            false
        }
    }
}
