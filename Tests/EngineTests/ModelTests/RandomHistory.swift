import CloudEvents
import Engine
import Metering

/// One thing that happens to an engine, and the clock it happens by.
struct ModelStep {
    enum Kind {
        /// A frame over HTTP, or over Kafka with messages that were refused.
        case take([ModelEvent], rejected: Int, IngestOrigin)
        /// A frame that moves a position.
        case jump
        case correct(source: String, id: String, replacement: ModelEvent?)
        case create(ModelMeter, backfill: Bool)
        case regroup(slug: String, [(name: String, path: String)])
        case describe(slug: String, String)
        case delete(slug: String)
        case restart
        /// Waits until all meters that are being counted from the log are.
        case settle
    }

    var kind: Kind
    /// Microseconds since 1970.
    var clock: Int64
    /// Whether a meter that is counted from the log is waited for; otherwise things go on beside it.
    var waits = true

    /// Whether it is only a frame of the log, with which no checkpoint comes.
    var isFrame: Bool {
        switch kind {
        case .take, .jump: true
        default: false
        }
    }
}

/// Makes up what happens. Few ids, subjects and values, so that they meet; times around the end of summer time in Europe and
/// in America, late ones and early ones, many on the borders of minutes, hours and days.
struct RandomHistory {
    /// What there is beside frames of events.
    struct Ingredients: OptionSet {
        let rawValue: Int

        static let restarts = Ingredients(rawValue: 1)
        static let corrections = Ingredients(rawValue: 2)
        static let meterChanges = Ingredients(rawValue: 4)
        /// Meters are counted from the log while other things happen.
        static let concurrently = Ingredients(rawValue: 8)
    }

    private let ingredients: Ingredients
    private var random: SplitMix
    private(set) var clock: Int64
    private var slugs = 0

    /// 2025-10-25T20:30:00Z.
    static let start: Int64 = 1_761_424_200_000_000
    static let sources = ["example/service", "example/other", "urn:example:100%25"]
    static let subjects = ["customer-1", "customer-2", "a \"b\" 100%/ü", "\u{E9}", "e\u{301}", "日本/%20", ""]
    static let models = ["small", "large", "Large", "x%y_z", ""]

    init(seed: UInt64, _ ingredients: Ingredients) {
        self.ingredients = ingredients
        random = SplitMix(seed: seed)
        clock = Self.start
    }

    mutating func number(below limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    mutating func chance(_ percent: Int) -> Bool { number(below: 100) < percent }

    mutating func one<T>(of choices: [T]) -> T { choices[number(below: choices.count)] }

    /// What happens next, given what happened so far.
    mutating func step(after model: Model) -> ModelStep {
        clock += Int64(one(of: [0, 1, 60, 1800, 3600, 20_000])) * 1_000_000 + Int64(number(below: 3))
        let waits = !ingredients.contains(.concurrently) || chance(20)
        return ModelStep(kind: kind(after: model), clock: clock, waits: waits)
    }

    /// A moment at which nothing is under way.
    func rest() -> ModelStep { ModelStep(kind: .settle, clock: clock) }

    private mutating func kind(after model: Model) -> ModelStep.Kind {
        switch number(below: 100) {
        case 0..<55: return frame()
        case 55..<58: return .jump
        case 58..<82 where ingredients.contains(.corrections): return correction(after: model)
        case 82..<86 where ingredients.contains(.restarts): return .restart
        case 86..<100 where ingredients.contains(.meterChanges): return meterChange(after: model)
        default: return frame()
        }
    }

    private mutating func meterChange(after model: Model) -> ModelStep.Kind {
        if chance(50), model.meters.count < 20 {
            slugs += 1
            return .create(meter("made_\(slugs)"), backfill: chance(60))
        }
        let made = model.meters.map(\.slug).filter {
            $0.hasPrefix("made") && (chance(20) || !model.filling.contains($0))
        }
        if made.isEmpty { return frame() }
        let slug = one(of: made)
        if model.filling.contains(slug) { return chance(30) ? .delete(slug: slug) : .settle }
        switch number(below: 4) {
        case 0: return .delete(slug: slug)
        case 1: return .describe(slug: slug, "example \(number(below: 9))")
        default: return .regroup(slug: slug, dimensions(keeping: model.meters.first { $0.slug == slug }))
        }
    }

    private mutating func frame() -> ModelStep.Kind {
        let events = (0..<number(below: 12)).map { _ in event() }
        if chance(70), !events.isEmpty { return .take(events, rejected: 0, .http) }
        let rejected = number(below: 3)
        return events.isEmpty && rejected == 0 ? .jump : .take(events, rejected: rejected, .kafka)
    }

    /// Mostly an event that is there, sometimes one that was voided, sometimes none.
    private mutating func correction(after model: Model) -> ModelStep.Kind {
        guard !model.entries.isEmpty, chance(95) else {
            return .correct(source: one(of: Self.sources), id: "\(number(below: 400))", replacement: nil)
        }
        let entry = one(of: chance(50) ? Array(model.entries.suffix(30)) : model.entries)
        var replacement: ModelEvent?
        if chance(60) {
            // Now and then the same content again, or only another time.
            var other = chance(10) ? entry.content?.event ?? entry.event : event()
            (other.source, other.id) = (entry.event.source, entry.event.id)
            if chance(70) { other.type = entry.event.type }
            // Nobody can say whether a meter that is being counted would refuse it.
            let filling = model.meters.filter { model.filling.contains($0.slug) }
            let time = other.time ?? entry.time
            let isRefused = filling.contains {
                if case .invalid = $0.outcome(of: other, time: time) { true } else { false }
            }
            if isRefused { return .settle }
            if chance(40) { other.subject = entry.event.subject }
            if chance(40) { other.time = entry.event.time }
            replacement = other
        }
        return .correct(source: entry.event.source, id: entry.event.id, replacement: replacement)
    }

    mutating func event() -> ModelEvent {
        ModelEvent(
            id: "\(number(below: 300))",
            source: one(of: Self.sources),
            type: one(of: ["prompt", "prompt", "prompt", "storage", "storage", "other"]),
            subject: one(of: Self.subjects),
            time: chance(15) ? nil : time(),
            data: chance(3) ? nil : chance(2) ? .null : data()
        )
    }

    /// Within three days before now, seldom after; half of them on a border or a microsecond beside it.
    mutating func time() -> Int64 {
        let hours = Int64(number(below: 72)) - (chance(5) ? 90 : 0)
        let time = clock - hours * 3_600_000_000 - Int64(number(below: 3600)) * 1_000_000 - Int64(number(below: 2))
        guard chance(50) else { return time }
        let width = Int64(one(of: [60, 900, 3600, 86_400])) * 1_000_000
        return time / width * width + Int64(number(below: 3)) - 1
    }

    private mutating func data() -> ModelValue {
        var members: [ModelValue.Member] = []
        func add(_ name: String, _ value: ModelValue?) {
            if let value { members.append(ModelValue.Member(name: name, value: value)) }
        }
        add("model", chance(90) ? (chance(90) ? .text(one(of: Self.models)) : value()) : nil)
        add("tokens", chance(95) ? value() : nil)
        add("user", chance(90) ? (chance(80) ? .text("u\(number(below: 9))") : value()) : nil)
        add(
            "latency",
            chance(95) ? .number("\(number(below: 3) * 1000 + number(below: 1500)).\(number(below: 9) + 1)") : nil
        )
        add("gb", .number(one(of: ["0", "1", "2.5", "10", "100", "0.125"])))
        add("place", .object([ModelValue.Member(name: "zone", value: .text(one(of: ["eu", "us", "eu-1"])))]))
        add("plan", chance(70) ? .text(one(of: ["free", "pro"])) : nil)
        return .object(members)
    }

    private mutating func value() -> ModelValue {
        switch number(below: 100) {
        case 0..<70: .number("\(number(below: 50))")
        case 70..<80: .number("-\(number(below: 5)).\(number(below: 9) + 1)")
        case 80..<88: .text("\(number(below: 50))")
        case 88..<90: .number("1.5e3")
        case 90..<92: .text("many")
        case 92..<94: .null
        case 94..<96: .boolean(chance(50))
        case 96..<98: .object([])
        default: .text("")
        }
    }
}
