import Metering
import NIOCore

/// Writes the page of usage in Prometheus text, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
///
/// The values are gauges: they go back to nothing when the day or the month ends. They are exact, digit by digit; how
/// precisely they are kept is for who reads them. Meters are in the order of their slugs, series in that of their bytes, so
/// that a page differs from the one before in its numbers only.
enum UsagePage {
    static func render(_ meters: [MeterUsage]) -> ByteBuffer {
        var page = ByteBuffer()
        family("meterd_usage_today", "Usage of a series today (UTC), by meter, subject and dimensions.", &page)
        for meter in meters {
            for series in meter.series {
                if let today = series.today { sample("meterd_usage_today", series, today.description, &page) }
            }
        }
        family("meterd_usage_month", "Usage of a series this month (UTC), by meter, subject and dimensions.", &page)
        for meter in meters {
            for series in meter.series { sample("meterd_usage_month", series, series.month.description, &page) }
        }
        family("meterd_usage_series", "Series of a meter on this page: those with usage this month (UTC).", &page)
        for meter in meters {
            page.writeString("meterd_usage_series{meter=\"\(meter.slug)\"} \(meter.series.count)\n")
        }
        family(
            "meterd_usage_series_omitted",
            "Series of a meter with usage this month (UTC) that are not on this page: beyond the limit on its series "
                + "(series_limit), labels of more than \(MeterUsage.labelLimit) bytes (label_limit); or all of the meter's, "
                + "at least so many, as they are too many for a query (query_limit), a sum has too many digits (overflow) or "
                + "the meter is new and still being counted from the log (counting).",
            &page
        )
        for meter in meters {
            for reason in MeterUsage.Reason.allCases {
                page.writeString(
                    "meterd_usage_series_omitted{meter=\"\(meter.slug)\",reason=\"\(reason.rawValue)\"} "
                        + "\(meter.omitted(reason))\n"
                )
            }
        }
        return page
    }

    private static func family(_ name: String, _ help: String, _ page: inout ByteBuffer) {
        page.writeString("# HELP \(name) \(help)\n# TYPE \(name) gauge\n")
    }

    private static func sample(_ name: String, _ series: MeterUsage.Series, _ value: String, _ page: inout ByteBuffer) {
        page.writeString(name)
        page.writeStaticString("{")
        page.writeBytes(series.labels)
        page.writeStaticString("} ")
        page.writeString(value)
        page.writeStaticString("\n")
    }
}
