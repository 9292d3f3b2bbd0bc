import CloudEvents
import Engine

extension Problem {
    /// The bytes are no request this server takes.
    init(_ fault: FramingFault) {
        self.init(status: fault.status, detail: fault.detail)
    }

    /// The body was refused.
    init(_ error: DecodeError) {
        self.init(status: error.status, detail: error.description)
        if case .invalid(let problems, _) = error { events = problems }
        if case .unsupportedMediaType = error {
            headers = [
                ("Accept", "application/cloudevents+json, application/cloudevents-batch+json, application/json")
            ]
        }
    }

    /// The engine did not take the events.
    init(_ refusal: AppendRefusal) {
        let (status, seconds) =
            switch refusal {
            case .queueFull(let seconds): (429, seconds)
            case .diskLow(let seconds): (507, seconds)
            case .unavailable(let seconds, _): (503, seconds)
            }
        self.init(
            status: status,
            detail: refusal.description,
            headers: [("Retry-After", String(max(1, seconds)))]
        )
    }

    /// A query was refused.
    init(_ error: QueryError) {
        let status =
            switch error {
            case .unknownMeter: 404
            case .unknownDimension, .invalidRange, .tooLarge, .tooMuch, .logTooShort: 400
            case .overflow: 422
            case .counting, .unavailable: 503
            }
        self.init(status: status, detail: error.description)
        if status == 503 { headers = [("Retry-After", "1")] }
    }

    /// A meter was not made, changed or deleted.
    init(_ error: MeterChangeError) {
        let status =
            switch error {
            case .unknownMeter: 404
            case .invalid: 400
            case .slugTaken, .configured, .counting, .tooMany: 409
            case .unavailable: 503
            }
        self.init(status: status, detail: error.description)
        if status == 503 { headers = [("Retry-After", "1")] }
    }

    /// An event was not corrected.
    init(_ error: CorrectionError) {
        let status: Int
        switch error {
        case .refused(let refusal):
            self.init(refusal)
            return
        case .unknownEvent: status = 404
        case .invalid: status = 400
        case .alreadyVoided, .impossible: status = 409
        case .unavailable: status = 503
        }
        self.init(status: status, detail: error.description)
        if status == 503 { headers = [("Retry-After", "1")] }
    }

    /// A report did not run.
    init(_ error: ReportServiceError) {
        let status =
            switch error {
            case .unknownReport, .unsuitable: 404
            case .invalidDays: 400
            case .running: 409
            case .content: 422
            case .destination: 502
            case .unavailable: 503
            }
        self.init(status: status, detail: error.description)
    }

    static func bodyTooLarge(limit: Int) -> Problem {
        Problem(status: 413, detail: "the body is longer than \(limit) bytes; send fewer events at a time")
    }
}
