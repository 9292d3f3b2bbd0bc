import CloudEvents
import Engine
import Metering

/// A meter as OpenMeter's clients read it, with what is meterd's own beside: `filters`, `owner`, `backfill`.
enum MeterJSON {
    static func write(_ record: MeterRecord, _ json: inout JSONWriter) {
        let meter = record.meter
        json.object { json in
            json.member("id", record.id)
            json.member("slug", meter.slug)
            json.member("name", meter.name)
            if let description = meter.description { json.member("description", description) }
            json.member("aggregation", meter.aggregation.rawValue)
            json.member("eventType", meter.eventType)
            if let from = meter.eventFrom { json.member("eventFrom", from.description) }
            if let path = meter.valueProperty { json.member("valueProperty", path.description) }
            json.key("groupBy")
            json.object { json in
                for dimension in meter.groupBy { json.member(dimension.name, dimension.path.description) }
            }
            if !meter.filters.isEmpty {
                json.key("filters")
                json.object { json in
                    for filter in meter.filters {
                        json.key(filter.name)
                        ConditionJSON.write(filter.condition, &json)
                    }
                }
            }
            json.key("metadata")
            json.object { json in
                for (key, value) in meter.metadata.sorted(by: { $0.key.precedesBytewise($1.key) }) {
                    json.member(key, value)
                }
            }
            json.member("createdAt", record.createdAt.description)
            json.member("updatedAt", record.updatedAt.description)
            json.member("owner", record.owner.rawValue)
            if let backfill = record.backfill {
                json.key("backfill")
                write(backfill, &json)
            }
        }
    }

    private static func write(_ backfill: BackfillProgress, _ json: inout JSONWriter) {
        json.object { json in
            switch backfill.state {
            case .running: json.member("state", "running")
            case .done: json.member("state", "done")
            case .failed(let reason):
                json.member("state", "failed")
                json.member("reason", reason)
            }
            json.member("done", backfill.done)
            json.member("total", backfill.total)
            json.member("fromSequence", backfill.fromSequence)
        }
    }
}
