import CloudEvents
import Engine
import Metering
import Testing
import UsageStore

/// Compares all that an engine shows with what the model says.
struct ModelCheck {
    let engine: Engine
    let model: Model
    /// Where the run is: its seed and its steps.
    let place: String
    /// The engine's clock.
    let now: Timestamp

    /// - Parameter random: makes up the questions.
    func everything(_ random: inout RandomHistory) async throws {
        try await ledger()
        for meter in model.meters {
            let counted = model.counted(by: meter)
            try await ledger(of: meter, counted)
            try await totals(of: meter, counted, &random)
        }
        try await events()
        try await conflictsAndCorrections()
    }

    /// Promise 4, line by line.
    private func ledger() async throws {
        let lines = try await engine.ledger().filter { $0.value != LedgerCounts() }
        for (key, counts) in lines {
            try #require(counts.received == counts.stored + counts.rejected, "\(place): \(key)")
            try #require(
                counts.stored == counts.counted + counts.duplicate + counts.unmatched + counts.invalid,
                "\(place): \(key)"
            )
            let isDisputed = model.entries.contains { $0.isDisputed && model.line(of: $0) == key }
            try #require(agreed(counts, isDisputed) == agreed(model.ledger[key], isDisputed), "\(place): \(key)")
        }
        try #require(lines.count == model.ledger.count, "\(place)")
        let listed = try await engine.ledger(days: nil)
        try #require(listed.count == lines.count, "\(place)")
    }

    /// What can be said of a line in any case.
    private func agreed(_ counts: LedgerCounts?, _ isDisputed: Bool) -> LedgerCounts? {
        guard isDisputed, var counts else { return counts }
        counts.counted += counts.unmatched + counts.invalid
        (counts.unmatched, counts.invalid) = (0, 0)
        return counts
    }

    private func ledger(of meter: ModelMeter, _ counted: Model.Counted) async throws {
        let days = try await engine.ledger(ofMeter: meter.slug).filter { $0.value != MeterLedgerCounts() }
        if !meter.isRecounted {
            try #require(days == model.meterLedgers[meter.slug] ?? [:], "\(place): \(meter.slug)")
        }
        let total = days.values.reduce(0) { $0 + $1.total }
        try #require(total == counted.count, "\(place): \(meter.slug)")
    }

    private func totals(
        of meter: ModelMeter,
        _ counted: Model.Counted,
        _ random: inout RandomHistory
    ) async throws {
        for _ in 0..<4 {
            let query = try random.query(meter)
            let answer: UsageResult
            do {
                answer = try await engine.query(query)
            } catch {
                throw ModelProblem.differs("\(place): \(query): \(error)")
            }
            if meter.aggregation.keepsLevels {
                try compare(answer.rows, levels: query, of: meter, counted)
                continue
            }
            let expected = try Model.rows(query, of: meter, counted)
            if expected.isEmpty, [.count, .uniqueCount].contains(meter.aggregation), query.windowSize == nil,
                query.groupBy.isEmpty, query.subjects.isEmpty
            {
                try #require(answer.rows.map(\.value) == [.zero], "\(place): \(query)")
            } else {
                try #require(answer.rows == expected, "\(place): \(meter), \(query)")
            }
        }
        try await texts(of: meter, counted.map(\.event))
    }

    private func compare(
        _ rows: [UsageRow],
        levels query: UsageQuery,
        of meter: ModelMeter,
        _ counted: Model.Counted
    ) throws {
        func shown(_ rows: [UsageRow]) -> [UsageRow] {
            rows.filter { $0.value != .zero || $0.events > 0 }.map { row in
                var row = row
                // Without windows, the bounds of an answer that names none are not the model's business.
                if query.windowSize == nil { row.window = TimeWindow(start: now, end: now) }
                return row
            }
        }
        let expected = try Model.levelRows(query, of: meter, counted, now: now.microseconds)
        try #require(shown(rows) == shown(expected), "\(place): \(meter), \(query)")
    }

    private func texts(of meter: ModelMeter, _ counted: [ModelEvent]) async throws {
        let subjects = try await engine.subjects(ofMeter: meter.slug, from: nil, to: nil, limit: 1000)
        try #require(subjects.map { Array($0.utf8) } == Self.ordered(counted.map(\.subject)), "\(place): \(meter.slug)")
        let paths = meter.aggregation.keepsLevels ? [] : ["$.plan"]
        for name in meter.dimensions.map(\.name) + paths {
            let values = try await engine.values(
                ofDimension: name,
                meter: meter.slug,
                from: nil,
                to: nil,
                limit: 1000
            )
            let expected = Self.ordered(counted.map { meter.text(name, of: $0) })
            try #require(values.map { Array($0.utf8) } == expected, "\(place): \(name) of \(meter.slug)")
        }
    }

    /// Different texts in the order of their bytes.
    private static func ordered(_ texts: [String]) -> [[UInt8]] {
        Set(texts.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
    }

    private func events() async throws {
        let from = Timestamp(microseconds: RandomHistory.start - 400 * 86_400_000_000)
        let listed = try await engine.events(EventListQuery(from: from, limit: 100))
        let expected = model.entries.sorted { ($0.time, $0.sequence) > ($1.time, $1.sequence) }.prefix(100)
        try #require(listed.map(\.sequence) == expected.map(\.sequence), "\(place)")
        for (event, entry) in zip(listed, expected) {
            try #require(event.json == Array(entry.event.json.utf8), "\(place): \(entry)")
            try #require(event.arrival.microseconds == entry.arrival && event.time.microseconds == entry.time)
            try #require(event.origin == entry.origin)
            try #require(event.corrections.map(\.sequence) == entry.corrections.map(\.sequence), "\(place): \(entry)")
            if entry.isDisputed { continue }
            try #require(event.fate == entry.fate, "\(place): \(entry)")
            let refusals = event.refusals.compactMap { refusal in refusal.meter.map { ($0, refusal.reason) } }
            try #require(Dictionary(refusals) { first, _ in first } == entry.refusals, "\(place): \(entry)")
        }
    }

    private func conflictsAndCorrections() async throws {
        let conflicts = try await engine.conflicts(limit: 20, before: nil)
        let expected = model.entries.filter { $0.fate == .conflict }.suffix(20).reversed()
        try #require(conflicts.map(\.second.sequence) == expected.map(\.sequence), "\(place)")
        try #require(conflicts.map(\.firstSequence) == expected.compactMap(\.first), "\(place)")
        try #require(conflicts.allSatisfy { $0.first?.sequence == $0.firstSequence }, "\(place)")
        let corrections = try await engine.corrections(limit: 1000, before: nil)
        let made = model.entries.flatMap { entry in entry.corrections.map { (entry, $0) } }
            .sorted { $0.1.sequence > $1.1.sequence }
        try #require(corrections.map(\.sequence) == made.map(\.1.sequence), "\(place)")
        for (record, (entry, correction)) in zip(corrections, made) {
            try #require(record.eventSequence == entry.sequence && record.refused == nil, "\(place): \(record)")
            try #require(record.kind == (correction.replacement == nil ? .void : .amend), "\(place): \(record)")
            try #require(entry.isDisputed || record.meters == correction.meters, "\(place): \(record)")
            try #require(record.reason == correction.reason, "\(place): \(record)")
            try #require(record.at.microseconds == correction.at && record.by == correction.by, "\(place): \(record)")
        }
    }
}
