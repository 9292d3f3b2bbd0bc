import HTTPServer
import ReportDefinitions
import Synchronization

/// Reports that answer as a test tells them to.
final class ScriptedReports: ReportService {
    /// What it has been asked for.
    struct Seen {
        var runs: [ReportRunRequest] = []
        var pages: [ReportPageRequest] = []
        var listings: [(limit: Int, before: (period: String, revision: Int)?)] = []
    }

    private let seen = Mutex(Seen())
    private let result: Result<ReportRunResult, ReportServiceError>
    private let records: [DeliveryRecord]
    private let running: ReportProgress?
    private let page: Result<any ReportPage, ReportServiceError>

    var lastRequest: ReportRunRequest? { seen.withLock { $0.runs.last } }
    var pages: [ReportPageRequest] { seen.withLock(\.pages) }
    var listings: [(limit: Int, before: (period: String, revision: Int)?)] { seen.withLock(\.listings) }

    init(
        result: Result<ReportRunResult, ReportServiceError> = .failure(.unavailable("no reports in this test")),
        records: [DeliveryRecord] = [],
        running: ReportProgress? = nil,
        page: Result<any ReportPage, ReportServiceError> = .failure(.unavailable("no pages in this test"))
    ) {
        self.result = result
        self.records = records
        self.running = running
        self.page = page
    }

    func run(_ request: ReportRunRequest) async throws(ReportServiceError) -> ReportRunResult {
        seen.withLock { $0.runs.append(request) }
        return try result.get()
    }

    func deliveries(
        of report: String,
        limit: Int,
        before: (period: String, revision: Int)?
    ) async throws(ReportServiceError) -> [DeliveryRecord] {
        guard report == "tokens" else { throw .unknownReport(report) }
        seen.withLock { $0.listings.append((limit, before)) }
        return Array(records.prefix(limit))
    }

    func progress(of report: String) async throws(ReportServiceError) -> ReportProgress? {
        guard report == "tokens" else { throw .unknownReport(report) }
        return running
    }

    func page(_ request: ReportPageRequest) async throws(ReportServiceError) -> any ReportPage {
        seen.withLock { $0.pages.append(request) }
        return try page.get()
    }
}

/// A page in memory that can go wrong in the middle.
final class ScriptedPage: ReportPage {
    struct Broken: Error {}

    /// What becomes of a read.
    enum Reading: Sendable {
        case good
        /// Fails where it would give this byte.
        case fails(at: Int)
        /// Gives nothing from this byte on.
        case ends(at: Int)
        /// Gives one byte more than it is asked for.
        case overflows
        /// Waits until `goOn` is called.
        case waits
    }

    let bytes: Int
    private let content: [UInt8]
    private let reading: Reading
    private let reads = Mutex<[Range<Int>]>([])
    private let mayGoOn = Mutex(false)

    init(_ content: [UInt8], _ reading: Reading = .good) {
        self.content = content
        self.reading = reading
        bytes = content.count
    }

    /// What has been read.
    var ranges: [Range<Int>] { reads.withLock { $0 } }

    /// Lets reads that wait go on.
    func goOn() { mayGoOn.withLock { $0 = true } }

    func read(at offset: Int, limit: Int) throws -> [UInt8] {
        let end = min(offset + limit, bytes)
        reads.withLock { $0.append(offset..<end) }
        switch reading {
        case .good: break
        case .fails(let place): if (offset..<end).contains(place) { throw Broken() }
        case .ends(let place): return Array(content[min(offset, place)..<min(end, place)])
        case .overflows: return Array(content[offset..<end]) + [0]
        case .waits: try Patience.wait { mayGoOn.withLock { $0 } }
        }
        return Array(content[offset..<end])
    }
}
