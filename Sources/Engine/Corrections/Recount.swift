import EventLog
import Metering
import UsageStore

/// Counts one series of one bucket again from the log: what an aggregation needs that cannot subtract.
struct Recount {
    /// What is counted.
    struct Request: Hashable {
        /// The meter's number.
        var meter: Int32
        /// The series' key.
        var key: [UInt8]
        /// The bucket, in microseconds since 1970-01-01T00:00:00Z.
        var times: Range<Int64>
        /// The first event of the bucket has this sequence number.
        var firstSequence: UInt64
    }

    /// The total without the event that goes.
    struct Result {
        var total = Accumulator()
        var uniques: Set<UniqueHash> = []
        /// The least sequence number of the events in it; the greatest there is without one.
        var firstSequence = UInt64.max
    }

    /// Sequence numbers whose facts are in memory at a time.
    static let stretch: UInt64 = 4 << 20

    let request: Request
    /// All events below this are in it.
    private(set) var through: UInt64
    private(set) var result = Result()
    private let meter: StoredMeter
    private var reading: MeterReading

    /// - Parameter from: the first sequence number to read at all.
    init(_ request: Request, of meter: StoredMeter, from: UInt64) {
        self.request = request
        self.meter = meter
        reading = MeterReading(meter.meter)
        through = max(from, request.firstSequence)
    }

    /// Reads on up to a sequence number.
    ///
    /// - Parameters:
    ///   - excluded: the event that goes, if one does.
    ///   - facts: what became of the events in a stretch of the log.
    /// - Throws: `ScanError`, and what `facts` throws.
    mutating func run(
        through end: UInt64,
        without excluded: UInt64?,
        log: EventLog,
        limits: ScanLimits = .none,
        facts: (_ sequences: Range<UInt64>, _ times: Range<Int64>) throws -> EventFacts
    ) throws {
        while through < end {
            let stretch = through..<min(end, through + Self.stretch)
            let explained = try facts(stretch, request.times)
            let scan = EventScan(
                log: log,
                facts: explained,
                sequences: stretch,
                times: request.times,
                limits: limits
            )
            try scan.run { event in
                if event.sequence != excluded { try count(event) }
                return true
            }
            through = stretch.upperBound
        }
    }

    private mutating func count(_ event: ScannedEvent) throws {
        guard meter.isActive(at: event.sequence),
            case .value(let value, let unique) = reading.read(event.batch, event.index, time: event.time),
            reading.key == request.key
        else { return }
        try result.total.add(
            value,
            aggregation: meter.meter.aggregation,
            time: event.time,
            sequence: event.sequence
        )
        if let unique { result.uniques.insert(unique) }
        result.firstSequence = min(result.firstSequence, event.sequence)
    }
}
