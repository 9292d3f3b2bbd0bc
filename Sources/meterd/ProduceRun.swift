import ArgumentParser
import CloudEvents
import Foundation
import KafkaIngest

/// Sends the events of an input to a topic and says what became of them.
final class ProduceRun {
    private let producer: KafkaProducer
    private let topic: String
    private let mode: MessageMode
    private let lines: LineReader
    private let decoder: EventDecoder
    private let stop = StopRequest()
    private let started = ContinuousClock.now
    private var display = ProgressDisplay()
    private var bar: ProgressBar
    /// Lines that are no events.
    private var bad = LineComplaints("are no events")
    /// Events that are not even on their way.
    private var refused = LineComplaints("cannot be produced")
    /// Something that ends it all was told.
    private var hasFault = false
    private var openSince: (delivered: Int, at: ContinuousClock.Instant)?
    private var saidTrouble = false

    /// How long the brokers may take to answer for the first time, and to make a missing topic.
    private static let connectPatience: Duration = .seconds(10)
    private static let topicPatience: Duration = .seconds(3)
    /// How long what was sent is waited for after a signal, in seconds.
    private static let farewellSeconds = 10.0
    /// How long nothing may be delivered before that is told.
    private static let stallPatience: Duration = .seconds(5)
    /// The longest wait at a time; signals are seen between two of them.
    private static let waitMilliseconds: Int32 = 100
    /// Lines between two looks at deliveries, signals and the clock.
    private static let linesPerLook = 256

    init(producer: KafkaProducer, topic: String, mode: MessageMode, lines: LineReader, decoder: EventDecoder) {
        self.producer = producer
        self.topic = topic
        self.mode = mode
        self.lines = lines
        self.decoder = decoder
        bar = ProgressBar(.bytes, total: lines.size, product: "event", hasBlocks: display.hasBlocks)
    }

    /// Until the input ends, or a signal comes, or nothing can be delivered any more.
    func run() -> ExitCode {
        guard connect() else {
            display.erase()
            return stop.signal.map { ExitCode(128 + $0) } ?? ExitStatus.fault
        }
        readLines()
        let counts = finish()
        display.erase()
        return report(counts)
    }

    // MARK: The brokers

    /// Waits until the topic is there: a mistyped name or address is told at once and not when messages time out.
    private func connect() -> Bool {
        bar.note = "connecting to \(producer.cluster)"
        while stop.signal == nil {
            look()
            do throws(KafkaError) {
                _ = try producer.partitionCount(of: topic, milliseconds: Self.waitMilliseconds * 5)
                bar.note = nil
                return true
            } catch {
                let patience = if case .noTopic = error { Self.topicPatience } else { Self.connectPatience }
                guard ContinuousClock.now - started < patience else {
                    display.say(error.description)
                    return false
                }
                producer.poll(milliseconds: Self.waitMilliseconds)
            }
        }
        return false
    }

    /// Waits for what is on its way, after a signal not for long.
    private func finish() -> DeliveryCounts {
        let deadline = ContinuousClock.now + .seconds(Self.farewellSeconds)
        while !producer.flush(seconds: Double(Self.waitMilliseconds) / 1000), stop.count < 2 {
            if stop.signal != nil, ContinuousClock.now >= deadline { break }
            look()
        }
        return producer.finish(seconds: 0)
    }

    // MARK: Lines

    private func readLines() {
        do throws(LineReader.Fault) {
            while stop.signal == nil, !hasFault {
                switch try lines.next(milliseconds: Self.waitMilliseconds) {
                case .text(let line):
                    take(line)
                    if lines.number % Self.linesPerLook == 0 { look() }
                case .tooLong:
                    bad.tell(
                        "is longer than \(decoder.limits.event) bytes, the most an event may have",
                        lines,
                        &display
                    )
                case .pending:
                    look()
                case .end:
                    return
                }
            }
        } catch {
            display.say(error.description)
            hasFault = true
        }
    }

    private func take(_ line: UnsafeRawBufferPointer) {
        guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
        do throws(DecodeError) {
            let batch = try decoder.decode(line, envelope: .single)
            send(batch.message(mode, of: 0))
        } catch {
            bad.tell(error.wordsForLine, lines, &display)
        }
    }

    private func send(_ message: EventMessage) {
        let headers = OutgoingHeaders()
        for header in message.headers { headers.append(name: header.name, value: header.value) }
        while true {
            do throws(KafkaError) {
                return try produce(message, headers)
            } catch {
                switch error {
                case .full:
                    guard stop.signal == nil else { return refused.tell("was not sent", lines, &display) }
                    producer.poll(milliseconds: Self.waitMilliseconds)
                    look()
                case .refused(_, let reason):
                    return refused.tell(reason, lines, &display)
                default:
                    refused.tell("\(error)", lines, &display)
                    hasFault = true
                    return
                }
            }
        }
    }

    private func produce(_ message: EventMessage, _ headers: OutgoingHeaders) throws(KafkaError) {
        var outcome = Result<Void, KafkaError>.success(())
        message.key.withBytes { key in
            message.value.withBytes { value in
                do throws(KafkaError) {
                    try producer.produce(topic: topic, key: key, headers: headers, value: value)
                } catch {
                    outcome = .failure(error)
                }
            }
        }
        try outcome.get()
    }

    // MARK: What people see

    /// Learns of deliveries, draws the bar, and tells when nothing is delivered for long.
    private func look() {
        producer.poll()
        let counts = producer.counts
        let now = ContinuousClock.now
        if openSince?.delivered != counts.delivered || counts.open == 0 {
            openSince = (counts.delivered, now)
            saidTrouble = false
            if bar.note != nil, counts.delivered > 0 { bar.note = nil }
        } else if let since = openSince?.at, now - since > Self.stallPatience {
            let words = "nothing is delivered: \(producer.trouble ?? "the brokers do not confirm")"
            bar.note = words
            if !saidTrouble { display.say("\(producer.cluster): \(words); it goes on trying") }
            saidTrouble = true
        }
        display.show(progress(counts, now))
    }

    /// The bar follows what is delivered: what was only read may still be lost.
    private func progress(_ counts: DeliveryCounts, _ now: ContinuousClock.Instant) -> ProgressBar {
        let settled = counts.accepted > 0 ? Double(counts.accepted - counts.open) / Double(counts.accepted) : 1
        bar.advance(to: Int(Double(lines.bytesDone) * settled), products: counts.delivered, at: now - started)
        return bar
    }

    private func report(_ counts: DeliveryCounts) -> ExitCode {
        let events = counts.accepted + refused.count
        let produced = counts.delivered == events ? "\(events)" : "\(counts.delivered) of \(events)"
        let seconds = String(format: "%.1f", (ContinuousClock.now - started).seconds)
        print("\(produced) event\(events == 1 ? "" : "s") produced to \(topic), \(mode.rawValue), in \(seconds) s")
        bad.close(&display)
        refused.close(&display)
        if let error = counts.error {
            let uncertain = counts.uncertain > 0 ? "; \(counts.uncertain) of them were sent and may have arrived" : ""
            complain(error.description + uncertain)
        }
        if counts.open > 0 { complain("of \(counts.open) more it is not known whether they were delivered") }
        if let signal = stop.signal {
            complain("stopped by a signal at \(lines.place); what stands behind that line was not read")
            return ExitCode(128 + signal)
        }
        if hasFault || counts.delivered < events { return ExitStatus.fault }
        return bad.count > 0 ? ExitStatus.data : .success
    }
}

extension [UInt8]? {
    /// Borrows the bytes; nil stays nil.
    fileprivate func withBytes(_ body: (UnsafeRawBufferPointer?) -> Void) {
        guard let bytes = self else { return body(nil) }
        bytes.withUnsafeBytes { body($0) }
    }
}

extension DecodeError {
    /// What is wrong with an event that stands alone on its line.
    fileprivate var wordsForLine: String {
        switch self {
        case .invalid(let problems, _):
            problems.map { ($0.attribute.map { "\($0): " } ?? "") + $0.reason }.joined(separator: "; ")
        case .eventTooLarge(_, let limit):
            "is longer than \(limit) bytes, the most an event may have"
        case .malformed(let reason, let offset):
            DecodeError.malformed(reason: reason.replacing(/^the (?:body|text)\b/, with: "the line"), offset: offset)
                .description
        default:
            description
        }
    }
}
