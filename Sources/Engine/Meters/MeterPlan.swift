import CloudEvents
import Metering
import UsageStore

/// The active meters, arranged for apply: by event type, with all their paths in one set.
struct MeterPlan {
    /// One meter that counts a type. A class, so that apply passes it around without copying what it holds.
    final class Target {
        let slot: Totals.Slot
        let stored: StoredMeter
        /// The meter's place among the plan's meters, for counts by meter.
        let tally: Int
        /// Where it looks, in the type's path set.
        let probe: MeterProbe

        init(slot: Totals.Slot, stored: StoredMeter, tally: Int, probe: MeterProbe) {
            self.slot = slot
            self.stored = stored
            self.tally = tally
            self.probe = probe
        }
    }

    /// Everything about one type.
    final class TypePlan {
        let paths: PathSet
        let targets: [Target]

        init(paths: PathSet, targets: [Target]) {
            self.paths = paths
            self.targets = targets
        }
    }

    /// The active meters, in the order of their numbers.
    let meters: [StoredMeter]
    private let plans: [TypePlan]
    /// By the type's bytes: Swift takes canonically equivalent strings for equal, CloudEvents does not.
    private let numbers: [[UInt8]: Int]
    private var lastType: [UInt8] = []
    private var lastNumber: Int?

    /// The most paths any type has.
    let maximumPaths: Int

    init(meters: [StoredMeter], totals: Totals) {
        var plans: [TypePlan] = []
        var numbers: [[UInt8]: Int] = [:]
        let active = meters.filter(\.active).sorted { $0.number < $1.number }
        let byType = Dictionary(grouping: active.enumerated()) { Array($0.element.meter.eventType.utf8) }
        for (type, meters) in byType {
            var paths = PathNumbers()
            let targets = meters.compactMap { tally, stored -> Target? in
                guard let slot = totals.slot(of: stored) else { return nil }
                let probe = MeterProbe(stored.meter) { paths.number(of: $0) }
                return Target(slot: slot, stored: stored, tally: tally, probe: probe)
            }
            numbers[type] = plans.count
            plans.append(TypePlan(paths: PathSet(paths.paths), targets: targets))
        }
        self.meters = active
        self.plans = plans
        self.numbers = numbers
        maximumPaths = plans.map(\.paths.count).max() ?? 0
    }

    /// The number of the plan for a type; events of one type tend to come together, so the last one is remembered.
    @inline(__always)
    mutating func number(ofType type: UnsafeRawBufferPointer) -> Int? {
        if type.count == lastType.count, type.elementsEqual(lastType) { return lastNumber }
        lastType = Array(type)
        lastNumber = numbers[lastType]
        return lastNumber
    }

    subscript(number: Int) -> TypePlan {
        @inline(__always) get { plans[number] }
    }
}
