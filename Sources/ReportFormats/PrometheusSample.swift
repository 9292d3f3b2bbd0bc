import Metering

/// A line of the Prometheus text format, https://prometheus.io/docs/instrumenting/exposition_formats/.
enum PrometheusSample {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Appends a sample; in the labels' values backslashes, quotes and line feeds are escaped.
    static func append(_ name: String, _ labels: [(String, String)], _ value: String, to bytes: inout [UInt8]) {
        bytes += name.utf8
        bytes.append(UInt8(ascii: "{"))
        for (index, label) in labels.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += label.0.utf8
            bytes += "=\"".utf8
            bytes.append(labelValue: label.1)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes += "} ".utf8
        bytes += value.utf8
        bytes.append(UInt8(ascii: "\n"))
    }
}
