import CloudEvents
import Metering
import ReportDefinitions

extension Report {
    /// The zone whose days the report counts: UTC for FOCUS, whose charge periods are UTC days.
    var dayZone: Zone {
        switch format {
        case .csv: zone
        case .focus: .utc
        }
    }

    /// The first day that is not closed: one closes when its last instant and the grace after it have passed.
    func firstOpenDay(at now: Timestamp) -> LocalDay {
        LocalDay(containing: Timestamp(microseconds: now.microseconds - graceMicroseconds), in: dayZone)
    }

    /// When a day closes.
    func closing(of day: LocalDay) -> Timestamp {
        Timestamp(microseconds: day.next.start(in: dayZone).microseconds + graceMicroseconds)
    }

    private var graceMicroseconds: Int64 { Int64(grace) * 1_000_000 }

    /// The slugs of the meters it reads, sorted byte by byte.
    var meterSlugs: [String] {
        switch format {
        case .csv(let format): [format.meter]
        case .focus(let format): Set(format.meters).sorted { $0.precedesBytewise($1) }
        }
    }

    /// The key of the file that holds a day.
    func key(of day: LocalDay) -> String {
        switch format {
        case .csv(let format):
            switch format.files {
            case .daily: "\(prefix)\(name)-\(day).csv"
            case .single: "\(prefix)\(name).csv"
            }
        case .focus:
            "\(prefix)\(name)/data/BILLING_PERIOD=\(BillingPeriod(containing: day))/\(name)-00001.csv"
        }
    }

    /// The period a day is delivered and recorded with.
    func period(of day: LocalDay) -> String {
        switch format {
        case .csv: day.description
        case .focus: BillingPeriod(containing: day).description
        }
    }
}
