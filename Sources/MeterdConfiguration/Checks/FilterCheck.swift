import Metering

/// Checks a meter's filters against its dimensions, and makes them.
struct FilterCheck {
    let entries: [NamedEntry<Placed<TextCondition>>]
    /// The dimensions as the file has them, wrong ones too.
    let groups: [NamedEntry<Placed<ValuePath>>]
    let fields: Fields

    /// nil when something is wrong, which is reported.
    func filters() -> [MeterFilter]? {
        let diagnostics = fields.spot.diagnostics
        if entries.count > Meter.maximumFilters {
            diagnostics.report(
                fields.position(of: MeterSection.filters),
                "a meter has \(entries.count) filters",
                allowed: "at most \(Meter.maximumFilters)"
            )
            return nil
        }
        let dimensions = groups.compactMap { group in
            group.value.map { Dimension(name: group.name, path: $0.value) }
        }
        let good = entries.compactMap { filter(of: $0, dimensions) }
        return good.count == entries.count ? good : nil
    }

    private func filter(of entry: NamedEntry<Placed<TextCondition>>, _ dimensions: [Dimension]) -> MeterFilter? {
        let diagnostics = fields.spot.diagnostics
        let name = "\(fields.spot.name).filters.\(entry.name)"
        // A dimension with a wrong path is told there; it is known here all the same.
        if groups.contains(where: { $0.name == entry.name && $0.value == nil }) { return nil }
        if let condition = entry.value {
            do throws(TextConditionError) {
                try condition.value.check()
            } catch {
                let said = "\(error)".split(separator: "; ", maxSplits: 1)
                diagnostics.report(
                    condition.position,
                    "\(name): \(said[0])",
                    allowed: said.count > 1 ? String(said[1]) : "see the filters of a meter"
                )
                return nil
            }
        }
        do throws(MeterError) {
            // A condition that is wrong is told already; what it is about is checked with any.
            let filter = try MeterFilter(
                name: entry.name,
                condition: entry.value?.value ?? .equal(""),
                dimensions: dimensions,
                slug: ""
            )
            return entry.value == nil ? nil : filter
        } catch {
            if case .filterPath(_, _, let path) = error {
                let said = path.reason.split(separator: "; ", maxSplits: 1)
                diagnostics.report(
                    entry.position,
                    "\(fields.spot.name).filters: '\(entry.name)' is not a path, column \(path.column): \(said[0])",
                    allowed: said.count > 1 ? String(said[1]) : NamePattern.filterPlace.allowed
                )
            } else {
                let hint = Suggestion.closest(to: entry.name, among: places(dimensions))
                    .map { ", did you mean '\($0)'?" }
                diagnostics.report(
                    entry.position,
                    "the meter has no dimension '\(entry.name)' to filter by\(hint ?? "")",
                    allowed: Known.list("there are", places(dimensions), none: "") + ", and paths such as $.model"
                )
            }
            return nil
        }
    }

    private func places(_ dimensions: [Dimension]) -> [String] {
        let own = dimensions.map(\.name).sorted()
        return [MeterFilter.subject] + (own.contains(MeterFilter.source) ? own : [MeterFilter.source] + own)
    }
}
