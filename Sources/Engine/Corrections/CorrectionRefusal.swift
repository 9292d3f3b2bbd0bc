import CloudEvents
import Metering
import UsageStore

/// Why a correction is not applied; it is in the log all the same when that turns out only there.
enum CorrectionRefusal: Error {
    /// It was voided before, by the correction with this sequence number.
    case alreadyVoided(CorrectionRow)
    /// Another correction was applied since this one was asked for.
    case corrected(by: CorrectionRow)
    /// It cannot be done exactly.
    case impossible(String)

    /// Nothing was kept about the event.
    static func unexplained(_ event: UInt64) -> CorrectionRefusal {
        .impossible(
            "event \(event) was counted by an older meterd, which kept nothing about single events; stop meterd, delete "
                + "usage.sqlite and dedupe/ in its directory, and the next start counts the log anew"
        )
    }

    /// The event left the log.
    static func older(_ event: UInt64, begins: UInt64) -> CorrectionRefusal {
        .impossible("event \(event) is not in the log any more, which begins with event \(begins)")
    }

    /// The event is where it cannot be told from others.
    static func regrouped(_ meter: StoredMeter) -> CorrectionRefusal {
        .impossible(
            "the meter \"\(meter.meter.slug)\" got other dimensions after events of that hour had left the log, so that its "
                + "totals cannot tell which series the event is in"
        )
    }

    /// A total would not be exact.
    static func overflow(_ meter: StoredMeter) -> CorrectionRefusal {
        .impossible(
            "a total of the meter \"\(meter.meter.slug)\" would have more than \(ExactDecimal.maximumDigits) digits"
        )
    }

    /// The log does not have all events of what has to be counted again.
    static func incomplete(_ meter: StoredMeter) -> CorrectionRefusal {
        .impossible(
            "\(meter.meter.aggregation.rawValue) of the meter \"\(meter.meter.slug)\" has to be counted again without the "
                + "event, but the log does not have all events of that hour any more, or has some from before the upgrade to "
                + "0.4, which cannot be read back"
        )
    }

    /// As it is kept with the correction.
    var reason: String {
        switch self {
        case .alreadyVoided(let row): "correction \(row.sequence) voided the event already"
        case .corrected(let row):
            "correction \(row.sequence) was applied to the event meanwhile; look at the event and ask again"
        case .impossible(let why): why
        }
    }

    /// For whoever asked.
    var error: CorrectionError {
        switch self {
        case .alreadyVoided(let row): .alreadyVoided(CorrectionRecord(row))
        case .corrected, .impossible: .impossible(reason)
        }
    }
}

extension CorrectionRecord {
    /// A correction as it is shown.
    init(_ row: CorrectionRow) {
        self.init(
            sequence: row.sequence,
            at: Timestamp(microseconds: row.at),
            kind: row.kind == .void ? .void : .amend,
            eventSequence: row.eventSequence,
            source: row.source,
            id: row.id,
            reason: row.reason,
            by: row.by,
            meters: row.meters,
            refused: row.refused
        )
    }
}

/// Why a correction was not examined to its end.
enum CorrectionFailure: Error {
    /// It must not be applied.
    case refused(CorrectionRefusal)
    /// The engine cannot go on.
    case broken(EngineError)
}

extension CorrectionFailure {
    /// What keeps a meter's totals from being changed.
    init(_ error: TotalsEditError, _ meter: StoredMeter) {
        switch error {
        case .overflow: self = .refused(.overflow(meter))
        case .missing: self = .refused(.regrouped(meter))
        case .store(let error): self = .broken(EngineError(error))
        }
    }
}
