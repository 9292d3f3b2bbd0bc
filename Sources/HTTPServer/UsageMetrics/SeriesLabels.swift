import Metering

/// The labels of a meter's series: `meter`, `subject`, and one for each dimension, in the order of the dimensions' names.
///
/// A dimension's label has the dimension's name, which is always one that Prometheus takes (`Meter` sees to that), with two
/// exceptions: a dimension called `meter`, and names that begin with two underscores, which Prometheus keeps for itself.
/// Those get `dimension_` in front, once more for as long as another label has that name. (`job` and `instance`, which every
/// scrape adds, are Prometheus's to resolve: unless told otherwise it calls ours `exported_job` and `exported_instance`.)
struct SeriesLabels {
    /// `meter="…",subject="`, and what stands between the values of the dimensions, which is `",name="`.
    private let head: [UInt8]
    private let joints: [[UInt8]]

    /// The labels of a meter.
    init(_ meter: Meter) {
        head = Array("meter=\"\(meter.slug)\",subject=\"".utf8)
        joints = Self.names(of: meter.groupBy.map(\.name)).map { Array("\",\($0)=\"".utf8) }
    }

    /// The labels of one of the meter's series, which was asked for with all dimensions.
    func text(of row: UsageRow) -> [UInt8] {
        var text = head
        text.append(labelValue: row.subject ?? "")
        for (joint, value) in zip(joints, row.dimensions) {
            text += joint
            text.append(labelValue: value)
        }
        text.append(UInt8(ascii: "\""))
        return text
    }

    /// What the labels of dimensions are called, which are sorted.
    static func names(of dimensions: [String]) -> [String] {
        func isFree(_ name: String) -> Bool { name != "meter" && !name.hasPrefix("__") }
        var taken = Set(dimensions.filter(isFree))
        return dimensions.map { dimension in
            guard !isFree(dimension) else { return dimension }
            var name = dimension
            repeat { name = "dimension_" + name } while taken.contains(name)
            taken.insert(name)
            return name
        }
    }
}
