import CloudEvents
import Metering
import UsageStore

/// What one event gives to the totals of one meter.
struct Contribution: Equatable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    var time: Int64
    /// The series' key, as `SeriesTable` defines it.
    var key: [UInt8]
    /// The measured value; 1 for COUNT and UNIQUE_COUNT.
    var value: ExactDecimal
    /// What tells values of UNIQUE_COUNT apart.
    var unique: UniqueHash?
}

/// What a corrected event counted as, or counts as now.
struct EventContent {
    /// The one event.
    let batch: EventBatch
    /// Its own time, or that of the event as it came.
    let time: Int64

    /// - Parameters:
    ///   - json: an event that was accepted before, in the JSON format.
    ///   - time: for one that names none, in microseconds since 1970-01-01T00:00:00Z.
    init(json: [UInt8], time: Int64, decoder: EventDecoder) throws(DecodeError) {
        let payload = withUnsafeBytes(of: UInt32(json.count).littleEndian) { Array($0) } + json
        let decoded = payload.withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in try decoder.index(payload: bytes, count: 1) }
        }
        batch = try decoded.get()
        self.time = batch[0].flags.contains(.hasTime) ? batch[0].time : time
    }

    /// What it gives to a meter; nil when the meter does not count it.
    func contribution(to meter: Meter) -> Contribution? {
        var reading = MeterReading(meter)
        guard case .value(let value, let unique) = reading.read(batch, 0, time: time) else { return nil }
        return Contribution(time: time, key: reading.key, value: value, unique: unique)
    }

    /// Why a meter cannot use it; nil when it can, or when it is none of the meter's events.
    func refusal(by meter: Meter) -> InvalidValue? {
        var reading = MeterReading(meter)
        guard case .invalid(let why) = reading.read(batch, 0, time: time) else { return nil }
        return why
    }
}

/// What a correction changes in the totals of one meter.
struct ContributionChange {
    /// The meter.
    let meter: StoredMeter
    /// What goes; nil when the event did not count.
    let removed: Contribution?
    /// What comes; nil when it counts no more.
    let added: Contribution?
}

extension Aggregation {
    /// Whether an event can be taken out of a total without looking at the others.
    var canSubtract: Bool { isAdditive || keepsCells || keepsLevels }
}
