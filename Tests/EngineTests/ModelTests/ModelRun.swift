import CloudEvents
import Foundation
import Metering
import Testing
import UsageStore

@testable import Engine

/// An engine and the model, told the same.
final class ModelRun {
    let fixture: EngineFixture
    private(set) var model: Model
    private(set) var steps: [ModelStep] = []
    /// Buckets as they were at the last look at them, by meter.
    var seenBuckets: [String: SeenBuckets] = [:]
    /// Bytes of the newest segment of the log that the last checkpoint holds.
    private(set) var checkpointedBytes = 0

    init() throws {
        fixture = try EngineFixture(try Self.configured, adjust: Self.inSmallSteps)
        model = Self.begin
    }

    static var configured: [MeterRequest] { get throws { try RandomHistory.configured.map { try $0.request } } }

    /// Meters are counted from the log a few events at a time, so that other things come in between.
    static func inSmallSteps(_ settings: inout EngineSettings) { settings.refillStretch = 16 }

    /// A run that goes on with another engine, on a copy of which the end may be missing.
    init(_ run: ModelRun, fixture: EngineFixture, through sequence: UInt64) async throws {
        self.fixture = fixture
        model = Self.begin
        for step in run.steps {
            var next = model
            try Self.tell(step, to: &next)
            if next.nextSequence > sequence { break }
            model = next
            steps.append(step)
        }
        try #require(model.nextSequence == sequence, "the log ends within a frame")
        fixture.clock.now = run.fixture.clock.now
        // What is being counted from the log is begun anew after a start.
        for meter in model.meters where meter.isRecounted { try await waitForBackfill(meter.slug) }
        model.filling = []
        checkpointedBytes = try EngineDirectory(path: fixture.directory).newestSegment()?.end ?? 0
    }

    private static var begin: Model {
        var model = Model()
        for meter in RandomHistory.configured { model.add(meter) }
        return model
    }

    /// What compares the engine with the model as both are now.
    func check(_ place: String) -> ModelCheck {
        ModelCheck(
            engine: fixture.engine,
            model: model,
            place: place,
            now: Timestamp(microseconds: fixture.clock.now)
        )
    }

    /// Tells the model.
    @discardableResult
    private static func tell(_ step: ModelStep, to model: inout Model) throws -> Model.Answer? {
        switch step.kind {
        case .take(let events, let rejected, let origin):
            model.take(events, rejected: rejected, origin: origin, arrival: step.clock)
        case .jump: model.jump()
        case .correct(let source, let id, let replacement):
            return model.correct(
                [Array(source.utf8), Array(id.utf8)],
                replacement: replacement,
                reason: reason(id),
                by: "auditor",
                at: step.clock
            )
        case .create(let meter, let backfill):
            if backfill { model.backfill(meter) } else { model.add(meter) }
            if backfill, !step.waits { model.filling.insert(meter.slug) }
        case .regroup(let slug, let dimensions):
            model.regroup(slug, by: dimensions)
            if !step.waits { model.filling.insert(slug) }
        case .settle: model.filling = []
        case .describe(let slug, let text): model.describe(slug, as: text)
        case .delete(let slug): model.delete(slug)
        case .restart: break
        }
        return nil
    }

    private static func reason(_ id: String) -> String { "sent twice under another id than \(id)" }

    /// Tells both, and compares what they say at once.
    func perform(_ step: ModelStep) async throws {
        fixture.clock.now = step.clock
        let filling = model.filling
        let expected = try Self.tell(step, to: &model)
        steps.append(step)
        switch step.kind {
        case .take(let events, let rejected, let origin):
            let offset = Int64(steps.count) * 100
            let messages = (0..<rejected).map { Sample.rejected(offset: offset + Int64($0)) }
            if origin == .http {
                try await fixture.post(events.map(\.json))
            } else {
                let positions = [Sample.position(0, offset + 50)]
                try await fixture.take(events.map(\.json), rejected: messages, positions: positions)
            }
        case .jump: try await fixture.jump(Sample.position(0, Int64(steps.count) * 100), reason: "lost on the broker")
        case .correct(let source, let id, let replacement):
            guard let expected else { return }
            try await correct(source: source, id: id, replacement: replacement, expected: expected)
        case .create(let meter, let backfill):
            _ = try await fixture.engine.createMeter(meter.meter, backfill: backfill)
            if backfill, step.waits { try await waitForBackfill(meter.slug) }
        case .regroup(let slug, let dimensions):
            let groupBy = try dimensions.map { Dimension(name: $0.name, path: try ValuePath($0.path)) }
            _ = try await fixture.engine.updateMeter(slug, MeterChange(groupBy: groupBy))
            if step.waits { try await waitForBackfill(slug) }
        case .describe(let slug, let text):
            let record = try await fixture.engine.updateMeter(slug, MeterChange(description: text))
            try #require(record.meter.description == text)
        case .delete(let slug): try await fixture.engine.deleteMeter(slug)
        case .restart: try fixture.restart()
        case .settle: for slug in filling { try await waitForBackfill(slug) }
        }
        if !step.isFrame { checkpointedBytes = try EngineDirectory(path: fixture.directory).newestSegment()?.end ?? 0 }
    }

    private func correct(
        source: String,
        id: String,
        replacement: ModelEvent?,
        expected: Model.Answer
    ) async throws {
        let draft = CorrectionDraft(
            source: source,
            id: id,
            reason: Self.reason(id),
            replacement: replacement.map { Array($0.json.utf8) },
            by: "auditor"
        )
        let asked = "\(source) \(id) \(replacement?.json ?? "void")"
        do {
            let record = try await fixture.engine.correct(draft)
            guard case .applied(let correction) = expected else {
                throw ModelProblem.differs("\(expected) was expected of \(asked), not \(record)")
            }
            try #require(record.refused == nil && record.sequence == correction.sequence)
            // A meter that is being counted may be there already.
            let settled = { (slug: String) in !self.model.filling.contains(slug) }
            try #require(record.meters.filter(settled) == correction.meters.filter(settled), "\(asked)")
        } catch let error as CorrectionError {
            switch (error, expected) {
            case (.unknownEvent, .unknownEvent), (.alreadyVoided, .alreadyVoided), (.invalid, .unusable): break
            default: throw ModelProblem.differs("\(expected) was expected of \(asked), not \(error)")
            }
        }
    }

    /// Polls of a backfill's state before a test gives up, 5 ms apart.
    private static let patience = 4000

    private func waitForBackfill(_ slug: String) async throws {
        for _ in 0..<Self.patience {
            let record = try #require(fixture.engine.meters.first { $0.meter.slug == slug })
            switch record.backfill?.state {
            case .done: return
            case .failed(let reason): throw ModelProblem.differs("\(slug): \(reason)")
            case .running, nil: try await Task.sleep(for: .milliseconds(5))
            }
        }
        throw ModelProblem.differs("\(slug) is still being counted")
    }
}
